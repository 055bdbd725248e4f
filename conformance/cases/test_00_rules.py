"""§0  General rules: what holds in every conversation, judged over all transcripts of the run."""

from conformance.judge.rules import (
    breaches,
    closing,
    configuration,
    content,
    envelope,
    ids,
    life_cycle,
    outcomes,
    survival,
    transcription,
    usage,
    voice_activity,
)
from conformance.judge.rules.bounds import passed_bounds
from conformance.judge.rules.echoes import quoted_keys
from conformance.spec import must, should


class TestBounds:
    """What a client can be asked to hold; the connections that were cut are judged by this alone."""

    @should("GEN-070")
    def test_keeps_within_bounds(self, held):
        assert not (found := passed_bounds(held)), found


class TestCredentials:
    """What the client proves itself with, and nobody else should see."""

    @must("GEN-071")
    def test_the_key_is_not_quoted(self, held):
        assert not (found := quoted_keys(held)), found


class TestEnvelope:
    """What every server frame looks like."""

    @must("GEN-002")
    def test_is_a_text_frame(self, wires):
        assert not (found := breaches(envelope.is_a_text_frame, wires)), found

    @must("GEN-003")
    def test_is_one_json_object(self, wires):
        assert not (found := breaches(envelope.is_one_json_object, wires)), found

    @should("GEN-069")
    def test_is_read_alike_by_all(self, wires):
        assert not (found := breaches(envelope.is_read_alike_by_all, wires)), found

    @must("GEN-004")
    def test_has_a_type(self, wires):
        assert not (found := breaches(envelope.has_a_type, wires)), found

    @must("GEN-005")
    def test_has_an_event_id(self, wires):
        assert not (found := breaches(envelope.has_an_event_id, wires)), found

    @should("GEN-006")
    def test_event_ids_differ(self, wires):
        assert not (found := breaches(envelope.event_ids_differ, wires)), found

    @should("GEN-007")
    def test_event_ids_are_the_servers_own(self, wires):
        assert not (found := breaches(envelope.event_ids_are_the_servers_own, wires)), found

    @should("GEN-008")
    def test_type_is_documented(self, wires):
        assert not (found := breaches(envelope.type_is_documented, wires)), found

    @must("GEN-009")
    def test_dialect_is_the_documented_one(self, wires):
        assert not (found := breaches(envelope.dialect_is_the_documented_one, wires)), found

    @should("GEN-010")
    def test_fits_its_schema(self, wires):
        assert not (found := breaches(envelope.fits_its_schema, wires)), found


class TestSurvival:
    """What a session survives."""

    @must("GEN-001")
    def test_connection_stays_open(self, wires):
        assert not (found := breaches(survival.connection_stays_open, wires)), found

    @should("GEN-019")
    def test_errors_are_survived(self, wires):
        assert not (found := breaches(survival.errors_are_survived, wires)), found

    @should("GEN-020")
    def test_no_error_without_mistake(self, wires):
        assert not (found := breaches(survival.no_error_without_mistake, wires)), found


class TestOutcomes:
    """Every request has one outcome."""

    @must("GEN-011")
    def test_update_has_one_outcome(self, wires):
        assert not (found := breaches(outcomes.update_has_one_outcome, wires)), found

    @must("GEN-012")
    def test_commit_has_one_outcome(self, wires):
        assert not (found := breaches(outcomes.commit_has_one_outcome, wires)), found

    @must("GEN-013")
    def test_clear_has_one_outcome(self, wires):
        assert not (found := breaches(outcomes.clear_has_one_outcome, wires)), found

    @must("GEN-014")
    def test_items_are_shown_once(self, wires):
        assert not (found := breaches(outcomes.items_are_shown_once, wires)), found

    @must("GEN-015")
    def test_create_has_one_outcome(self, wires):
        assert not (found := breaches(outcomes.create_has_one_outcome, wires)), found

    @should("GEN-016")
    def test_cancel_has_an_outcome(self, wires):
        assert not (found := breaches(outcomes.cancel_has_an_outcome, wires)), found

    @should("GEN-017")
    def test_finish_has_one_outcome(self, wires):
        assert not (found := breaches(outcomes.finish_has_one_outcome, wires)), found

    @must("GEN-018")
    def test_documented_mistakes_get_errors(self, wires):
        assert not (found := breaches(outcomes.documented_mistakes_get_errors, wires)), found

    @should("GEN-026")
    def test_one_response_at_a_time(self, wires):
        assert not (found := breaches(outcomes.one_response_at_a_time, wires)), found


class TestConfiguration:
    """What `session.updated` shows."""

    @should("GEN-022")
    def test_refused_updates_change_nothing(self, wires):
        assert not (found := breaches(configuration.refused_updates_change_nothing, wires)), found

    @should("GEN-065")
    def test_echo_shows_what_was_sent(self, wires):
        assert not (found := breaches(configuration.echo_shows_what_was_sent, wires)), found


class TestLifeCycle:
    """Created first, done last, and once."""

    @must("GEN-023")
    def test_created_comes_first(self, wires):
        assert not (found := breaches(life_cycle.created_comes_first, wires)), found

    @must("GEN-024")
    def test_done_comes_once(self, wires):
        assert not (found := breaches(life_cycle.done_comes_once, wires)), found

    @must("GEN-025")
    def test_nothing_follows_done(self, wires):
        assert not (found := breaches(life_cycle.nothing_follows_done, wires)), found

    @must("GEN-027")
    def test_items_are_done(self, wires):
        assert not (found := breaches(life_cycle.items_are_done, wires)), found

    @must("GEN-028")
    def test_parts_are_done(self, wires):
        assert not (found := breaches(life_cycle.parts_are_done, wires)), found

    @must("GEN-029")
    def test_output_was_announced(self, wires):
        assert not (found := breaches(life_cycle.output_was_announced, wires)), found

    @must("GEN-030")
    def test_messages_have_parts(self, wires):
        assert not (found := breaches(life_cycle.messages_have_parts, wires)), found

    @must("GEN-041")
    def test_output_lists_the_items(self, wires):
        assert not (found := breaches(life_cycle.output_lists_the_items, wires)), found

    @should("GEN-068")
    def test_status_is_known(self, wires):
        assert not (found := breaches(life_cycle.status_is_known, wires)), found


class TestContent:
    """Deltas, and what they add up to."""

    @must("GEN-031")
    def test_text_parts_are_closed(self, wires):
        assert not (found := breaches(content.text_parts_are_closed, wires)), found

    @must("GEN-032")
    def test_text_comes_in_deltas(self, wires):
        assert not (found := breaches(content.text_comes_in_deltas, wires)), found

    @should("GEN-033")
    def test_audio_parts_are_closed(self, wires):
        assert not (found := breaches(content.audio_parts_are_closed, wires)), found

    @should("GEN-034")
    def test_audio_comes_in_deltas(self, wires):
        assert not (found := breaches(content.audio_comes_in_deltas, wires)), found

    @should("GEN-035")
    def test_transcripts_are_closed(self, wires):
        assert not (found := breaches(content.transcripts_are_closed, wires)), found

    @should("GEN-036")
    def test_transcripts_come_in_deltas(self, wires):
        assert not (found := breaches(content.transcripts_come_in_deltas, wires)), found

    @must("GEN-037")
    def test_calls_have_their_arguments(self, wires):
        assert not (found := breaches(content.calls_have_their_arguments, wires)), found

    @must("GEN-038")
    def test_text_adds_up(self, wires):
        assert not (found := breaches(content.text_adds_up, wires)), found

    @should("GEN-039")
    def test_transcripts_add_up(self, wires):
        assert not (found := breaches(content.transcripts_add_up, wires)), found

    @should("GEN-040")
    def test_arguments_add_up(self, wires):
        assert not (found := breaches(content.arguments_add_up, wires)), found

    @must("GEN-066")
    def test_text_alone_has_no_sound(self, wires):
        assert not (found := breaches(content.text_alone_has_no_sound, wires)), found


class TestIds:
    """What belongs together has one id, what does not has two."""

    @should("GEN-021")
    def test_session_stays_the_same(self, wires):
        assert not (found := breaches(ids.session_stays_the_same, wires)), found

    @must("GEN-042")
    def test_response_ids_are_announced(self, wires):
        assert not (found := breaches(ids.response_ids_are_announced, wires)), found

    @must("GEN-043")
    def test_item_ids_are_announced(self, wires):
        assert not (found := breaches(ids.item_ids_are_announced, wires)), found

    @must("GEN-044")
    def test_indexes_stay(self, wires):
        assert not (found := breaches(ids.indexes_stay, wires)), found

    @should("GEN-045")
    def test_ids_differ(self, wires):
        assert not (found := breaches(ids.ids_differ, wires)), found

    @must("GEN-046")
    def test_one_conversation(self, wires):
        assert not (found := breaches(ids.one_conversation, wires)), found

    @should("GEN-047")
    def test_previous_items_were_shown(self, wires):
        assert not (found := breaches(ids.previous_items_were_shown, wires)), found

    @should("GEN-048")
    def test_speech_keeps_its_id(self, wires):
        assert not (found := breaches(ids.speech_keeps_its_id, wires)), found

    @must("GEN-067")
    def test_done_ends_what_was_created(self, wires):
        assert not (found := breaches(ids.done_ends_what_was_created, wires)), found


class TestVoiceActivity:
    """Voice detection and its clock."""

    @must("GEN-049")
    def test_speech_is_announced(self, wires):
        assert not (found := breaches(voice_activity.speech_is_announced, wires)), found

    @must("GEN-050")
    def test_speech_is_ended(self, wires):
        assert not (found := breaches(voice_activity.speech_is_ended, wires)), found

    @should("GEN-051")
    def test_starts_and_stops_alternate(self, wires):
        assert not (found := breaches(voice_activity.starts_and_stops_alternate, wires)), found

    @should("GEN-052")
    def test_clock_runs_forward(self, wires):
        assert not (found := breaches(voice_activity.clock_runs_forward, wires)), found

    @should("GEN-053")
    def test_clock_stays_within_the_audio(self, wires):
        assert not (found := breaches(voice_activity.clock_stays_within_the_audio, wires)), found


class TestTranscription:
    """What the user said, in words."""

    @should("GEN-054")
    def test_speech_gets_one_terminal_event(self, wires):
        assert not (found := breaches(transcription.speech_gets_one_terminal_event, wires)), found

    @should("GEN-055")
    def test_speech_gets_previews(self, wires):
        assert not (found := breaches(transcription.speech_gets_previews, wires)), found


class TestUsage:
    """Tokens are told once and add up."""

    @must("GEN-056")
    def test_completed_responses_have_usage(self, wires):
        assert not (found := breaches(usage.completed_responses_have_usage, wires)), found

    @must("GEN-057")
    def test_totals_add_up(self, wires):
        assert not (found := breaches(usage.totals_add_up, wires)), found

    @must("GEN-058")
    def test_details_add_up(self, wires):
        assert not (found := breaches(usage.details_add_up, wires)), found

    @should("GEN-059")
    def test_usage_is_told_once(self, wires):
        assert not (found := breaches(usage.usage_is_told_once, wires)), found


class TestClosing:
    """The last frames of a connection."""

    @must("GEN-060")
    def test_close_is_answered(self, wires):
        assert not (found := breaches(closing.close_is_answered, wires)), found

    @must("GEN-061")
    def test_nothing_follows_a_close(self, wires):
        assert not (found := breaches(closing.nothing_follows_a_close, wires)), found

    @must("GEN-062")
    def test_close_is_well_formed(self, wires):
        assert not (found := breaches(closing.close_is_well_formed, wires)), found

    @must("GEN-072")
    def test_frames_are_well_formed(self, wires):
        assert not (found := breaches(closing.frames_are_well_formed, wires)), found

    @should("GEN-063")
    def test_server_says_goodbye(self, wires):
        assert not (found := breaches(closing.server_says_goodbye, wires)), found

    @should("GEN-064")
    def test_trouble_is_no_normal_end(self, wires):
        assert not (found := breaches(closing.trouble_is_no_normal_end, wires)), found
