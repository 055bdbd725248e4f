"""§0  General rules: what holds in every conversation, judged over all transcripts of the run."""

from conformance.judge.rules import (
    closing,
    configuration,
    content,
    envelope,
    holds,
    ids,
    life_cycle,
    outcomes,
    survival,
    transcription,
    usage,
    voice_activity,
)
from conformance.judge.rules.bounds import keeps_within_bounds
from conformance.judge.rules.echoes import quotes_no_key
from conformance.spec import must, should


class TestBounds:
    """What a client can be asked to hold; the connections that were cut are judged by this alone."""

    @should("GEN-070")
    def test_keeps_within_bounds(self, held):
        keeps_within_bounds(held)


class TestCredentials:
    """What the client proves itself with, and nobody else should see."""

    @must("GEN-071")
    def test_the_key_is_not_quoted(self, held):
        quotes_no_key(held)


class TestEnvelope:
    """What every server frame looks like."""

    @must("GEN-002")
    def test_is_a_text_frame(self, wires):
        holds(envelope.is_a_text_frame, wires)

    @must("GEN-003")
    def test_is_one_json_object(self, wires):
        holds(envelope.is_one_json_object, wires)

    @should("GEN-069")
    def test_is_read_alike_by_all(self, wires):
        holds(envelope.is_read_alike_by_all, wires)

    @must("GEN-004")
    def test_has_a_type(self, wires):
        holds(envelope.has_a_type, wires)

    @must("GEN-005")
    def test_has_an_event_id(self, wires):
        holds(envelope.has_an_event_id, wires)

    @should("GEN-006")
    def test_event_ids_differ(self, wires):
        holds(envelope.event_ids_differ, wires)

    @should("GEN-007")
    def test_event_ids_are_the_servers_own(self, wires):
        holds(envelope.event_ids_are_the_servers_own, wires)

    @should("GEN-008")
    def test_type_is_documented(self, wires):
        holds(envelope.type_is_documented, wires)

    @must("GEN-009")
    def test_dialect_is_the_documented_one(self, wires):
        holds(envelope.dialect_is_the_documented_one, wires)

    @should("GEN-010")
    def test_fits_its_schema(self, wires):
        holds(envelope.fits_its_schema, wires)


class TestSurvival:
    """What a session survives."""

    @must("GEN-001")
    def test_connection_stays_open(self, wires):
        holds(survival.connection_stays_open, wires)

    @should("GEN-019")
    def test_errors_are_survived(self, wires):
        holds(survival.errors_are_survived, wires)

    @should("GEN-020")
    def test_no_error_without_mistake(self, wires):
        holds(survival.no_error_without_mistake, wires)


class TestOutcomes:
    """Every request has one outcome."""

    @must("GEN-011")
    def test_update_has_one_outcome(self, wires):
        holds(outcomes.update_has_one_outcome, wires)

    @must("GEN-012")
    def test_commit_has_one_outcome(self, wires):
        holds(outcomes.commit_has_one_outcome, wires)

    @must("GEN-013")
    def test_clear_has_one_outcome(self, wires):
        holds(outcomes.clear_has_one_outcome, wires)

    @must("GEN-014")
    def test_items_are_shown_once(self, wires):
        holds(outcomes.items_are_shown_once, wires)

    @must("GEN-015")
    def test_create_has_one_outcome(self, wires):
        holds(outcomes.create_has_one_outcome, wires)

    @should("GEN-016")
    def test_cancel_has_an_outcome(self, wires):
        holds(outcomes.cancel_has_an_outcome, wires)

    @should("GEN-017")
    def test_finish_has_one_outcome(self, wires):
        holds(outcomes.finish_has_one_outcome, wires)

    @must("GEN-018")
    def test_documented_mistakes_get_errors(self, wires):
        holds(outcomes.documented_mistakes_get_errors, wires)

    @should("GEN-026")
    def test_one_response_at_a_time(self, wires):
        holds(outcomes.one_response_at_a_time, wires)


class TestConfiguration:
    """What `session.updated` shows."""

    @should("GEN-022")
    def test_refused_updates_change_nothing(self, wires):
        holds(configuration.refused_updates_change_nothing, wires)

    @should("GEN-065")
    def test_echo_shows_what_was_sent(self, wires):
        holds(configuration.echo_shows_what_was_sent, wires)


class TestLifeCycle:
    """Created first, done last, and once."""

    @must("GEN-023")
    def test_created_comes_first(self, wires):
        holds(life_cycle.created_comes_first, wires)

    @must("GEN-024")
    def test_done_comes_once(self, wires):
        holds(life_cycle.done_comes_once, wires)

    @must("GEN-025")
    def test_nothing_follows_done(self, wires):
        holds(life_cycle.nothing_follows_done, wires)

    @must("GEN-027")
    def test_items_are_done(self, wires):
        holds(life_cycle.items_are_done, wires)

    @must("GEN-028")
    def test_parts_are_done(self, wires):
        holds(life_cycle.parts_are_done, wires)

    @must("GEN-029")
    def test_output_was_announced(self, wires):
        holds(life_cycle.output_was_announced, wires)

    @must("GEN-030")
    def test_messages_have_parts(self, wires):
        holds(life_cycle.messages_have_parts, wires)

    @must("GEN-041")
    def test_output_lists_the_items(self, wires):
        holds(life_cycle.output_lists_the_items, wires)

    @should("GEN-068")
    def test_status_is_known(self, wires):
        holds(life_cycle.status_is_known, wires)


class TestContent:
    """Deltas, and what they add up to."""

    @must("GEN-031")
    def test_text_parts_are_closed(self, wires):
        holds(content.text_parts_are_closed, wires)

    @must("GEN-032")
    def test_text_comes_in_deltas(self, wires):
        holds(content.text_comes_in_deltas, wires)

    @should("GEN-033")
    def test_audio_parts_are_closed(self, wires):
        holds(content.audio_parts_are_closed, wires)

    @should("GEN-034")
    def test_audio_comes_in_deltas(self, wires):
        holds(content.audio_comes_in_deltas, wires)

    @should("GEN-035")
    def test_transcripts_are_closed(self, wires):
        holds(content.transcripts_are_closed, wires)

    @should("GEN-036")
    def test_transcripts_come_in_deltas(self, wires):
        holds(content.transcripts_come_in_deltas, wires)

    @must("GEN-037")
    def test_calls_have_their_arguments(self, wires):
        holds(content.calls_have_their_arguments, wires)

    @must("GEN-038")
    def test_text_adds_up(self, wires):
        holds(content.text_adds_up, wires)

    @should("GEN-039")
    def test_transcripts_add_up(self, wires):
        holds(content.transcripts_add_up, wires)

    @should("GEN-040")
    def test_arguments_add_up(self, wires):
        holds(content.arguments_add_up, wires)

    @must("GEN-066")
    def test_text_alone_has_no_sound(self, wires):
        holds(content.text_alone_has_no_sound, wires)


class TestIds:
    """What belongs together has one id, what does not has two."""

    @should("GEN-021")
    def test_session_stays_the_same(self, wires):
        holds(ids.session_stays_the_same, wires)

    @must("GEN-042")
    def test_response_ids_are_announced(self, wires):
        holds(ids.response_ids_are_announced, wires)

    @must("GEN-043")
    def test_item_ids_are_announced(self, wires):
        holds(ids.item_ids_are_announced, wires)

    @must("GEN-044")
    def test_indexes_stay(self, wires):
        holds(ids.indexes_stay, wires)

    @should("GEN-045")
    def test_ids_differ(self, wires):
        holds(ids.ids_differ, wires)

    @must("GEN-046")
    def test_one_conversation(self, wires):
        holds(ids.one_conversation, wires)

    @should("GEN-047")
    def test_previous_items_were_shown(self, wires):
        holds(ids.previous_items_were_shown, wires)

    @should("GEN-048")
    def test_speech_keeps_its_id(self, wires):
        holds(ids.speech_keeps_its_id, wires)

    @must("GEN-067")
    def test_done_ends_what_was_created(self, wires):
        holds(ids.done_ends_what_was_created, wires)


class TestVoiceActivity:
    """Voice detection and its clock."""

    @must("GEN-049")
    def test_speech_is_announced(self, wires):
        holds(voice_activity.speech_is_announced, wires)

    @must("GEN-050")
    def test_speech_is_ended(self, wires):
        holds(voice_activity.speech_is_ended, wires)

    @should("GEN-051")
    def test_starts_and_stops_alternate(self, wires):
        holds(voice_activity.starts_and_stops_alternate, wires)

    @should("GEN-052")
    def test_clock_runs_forward(self, wires):
        holds(voice_activity.clock_runs_forward, wires)

    @should("GEN-053")
    def test_clock_stays_within_the_audio(self, wires):
        holds(voice_activity.clock_stays_within_the_audio, wires)


class TestTranscription:
    """What the user said, in words."""

    @should("GEN-054")
    def test_speech_gets_one_terminal_event(self, wires):
        holds(transcription.speech_gets_one_terminal_event, wires)

    @should("GEN-055")
    def test_speech_gets_previews(self, wires):
        holds(transcription.speech_gets_previews, wires)

    @should("GEN-073")
    def test_nothing_follows_a_transcript(self, wires):
        holds(transcription.nothing_follows_a_transcript, wires)


class TestUsage:
    """Tokens are told once and add up."""

    @must("GEN-056")
    def test_completed_responses_have_usage(self, wires):
        holds(usage.completed_responses_have_usage, wires)

    @must("GEN-057")
    def test_totals_add_up(self, wires):
        holds(usage.totals_add_up, wires)

    @must("GEN-058")
    def test_details_add_up(self, wires):
        holds(usage.details_add_up, wires)

    @should("GEN-059")
    def test_usage_is_told_once(self, wires):
        holds(usage.usage_is_told_once, wires)

    @should("GEN-075")
    def test_words_are_worth_their_tokens(self, wires):
        holds(usage.words_are_worth_their_tokens, wires)


class TestClosing:
    """The last frames of a connection."""

    @must("GEN-060")
    def test_close_is_answered(self, wires):
        holds(closing.close_is_answered, wires)

    @must("GEN-061")
    def test_nothing_follows_a_close(self, wires):
        holds(closing.nothing_follows_a_close, wires)

    @should("GEN-074")
    def test_nothing_follows_the_finish(self, wires):
        holds(closing.nothing_follows_the_finish, wires)

    @must("GEN-062")
    def test_close_is_well_formed(self, wires):
        holds(closing.close_is_well_formed, wires)

    @must("GEN-072")
    def test_frames_are_well_formed(self, wires):
        holds(closing.frames_are_well_formed, wires)

    @should("GEN-063")
    def test_server_says_goodbye(self, wires):
        holds(closing.server_says_goodbye, wires)

    @should("GEN-064")
    def test_trouble_is_no_normal_end(self, wires):
        holds(closing.trouble_is_no_normal_end, wires)
