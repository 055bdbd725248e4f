"""What hostile endpoints once did to the suite, and which tests hold each of it now.

`endpoints` are names of the gallery, held whole by `python -m tests.hostile` and in short by `test_gallery`; `tests`
are `file::test`, from this folder's parent.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """What was seen once, and what holds it."""

    seen: str
    endpoints: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


def _row(seen: str, *names: str) -> Row:
    return Row(seen, tuple(name for name in names if "::" not in name), tuple(name for name in names if "::" in name))


ROWS = (
    _row("The key quoted in a 401 body, a close reason, an `error`, a binary frame, invalid JSON, a session id",
         "refuses-and-quotes", "forbids-and-quotes", "quotes-in-an-error", "quotes-in-a-close-reason",
         "quotes-in-a-binary-frame", "quotes-in-a-ping", "quotes-in-json-escapes", "quotes-in-what-is-no-json",
         "quotes-in-what-is-not-utf8", "names-the-session-after-the-key", "names-a-member-after-the-key",
         "splits-the-key-over-two-frames",
         "test_screen.py::test_a_run_against_an_endpoint_that_quotes_the_key_everywhere_leaks_nothing",
         "test_screen.py::test_with_a_worker_nothing_leaks_and_what_is_planted_is_found_and_named",
         "test_secrets.py::test_every_form_is_found_told_as_whole_and_masked"),
    _row("Small events, or empty pings, as fast as TCP goes", "sends-events-without-end", "sends-pings-without-end",
         "sends-pongs-without-end", "sends-binary-without-end",
         "test_signals.py::test_a_flood_is_left_with_all_that_came_of_it"),
    _row("Pings and never reads; fragments without FIN; malformed events by the dozen for each event",
         "pings-and-never-reads", "sends-fragments-without-end", "answers-with-malformed-events-by-the-dozen"),
    _row("Empty continuations without end; a frame of 31 MB; strings of 5 MB; a header of 2^62 bytes; a frame behind "
         "the close frame", "sends-empty-fragments-without-end", "sends-a-frame-of31-megabytes",
         "says-everything-in-five-megabytes", "announces-two-to-the62-bytes",
         "sends-a-hundred-megabytes-after-its-close-frame", "goes-on-after-its-close-frame",
         "wire/test_limits.py::test_a_length_is_refused_at_its_header"),
    _row("A token count of 400 digits", "counts-in-four-hundred-digits", "counts-in-ten-thousand-digits",
         "counts-in-tiny-fractions"),
    _row("Lone surrogates, also in a session id", "sends-half-characters"),
    _row("JSON 900 levels deep", "nests-nine-hundred-levels", "nests-a-hundred-thousand-levels",
         "never-closes-its-brackets"),
    _row("101 with a wrong accept key", "upgrades-with-a-wrong-key",
         "wire/test_limits.py::test_an_upgrade_with_a_wrong_key_is_no_websocket"),
    _row("Ids of other sessions; duplicate keys; stalls; unsolicited events; usage as strings; another server "
         "half-way; 1011 after every first event", "speaks-of-other-sessions", "names-a-member-twice",
         "stalls-after-the-third-event", "stalls-after-the-eighth-event", "sends-unasked-responses", "counts-in-words",
         "changes-half-way", "closes-after-the-first-event"),
    _row("The first 20 connections, and then none", "refuses-from-the21st-connection-on",
         "is-silent-from-the21st-connection-on", "fails-from-the21st-connection-on"),
    _row("Every conversation closed with 1011 and words of throttling", "throttles-by-closing"),
    _row("Never reads at all", "never-reads", "wire/test_limits.py::test_who_never_reads_is_broken_off"),
    _row("Never answers a close; sends 1006", "never-answers-a-close", "closes-with1006",
         "judge/rules/test_closing.py::test_one_defect_is_told_once"),
    _row("Killed in the middle of the run; killed and started again; suspended and resumed", "dies-in-the-middle",
         "restarts-in-the-middle", "wire/test_weather.py::test_a_suspended_endpoint_is_heard_again",
         "wire/test_weather.py::test_what_fell_into_a_silence_of_the_whole_endpoint_is_held_again_once"),
    _row("This machine's clock jumps", "status/test_poll.py::test_a_clock_that_is_set_makes_no_wait_longer_or_shorter",
         "hostile/test_clock.py::test_a_clock_that_jumps_changes_no_verdict"),
    _row("A signal in the first second", "test_early.py::test_before_there_is_a_record",
         "test_signals.py::test_a_run_is_interrupted"),
    _row("`pytest --debug`; a report folder on a full disk",
         "test_full_disk.py::test_a_disk_that_fills_up_while_recording",
         "test_full_disk.py::test_a_full_disk_is_said_and_what_there_is_is_kept",
         "test_screen.py::test_with_a_worker_nothing_leaks_and_what_is_planted_is_found_and_named"),
    _row("One event every nine seconds, and never the one that is awaited", "sends-one-event-every-nine-seconds",
         "wire/test_limits.py::test_a_conversation_has_its_time", "wire/test_limits.py::test_a_run_has_its_time"),
    _row("Text cut, and masked then", "test_secrets.py::test_a_cut_never_falls_inside_a_mask"),
    _row("The key in binary, ping and non-UTF-8 frames, in other forms", "quotes-in-a-binary-frame", "quotes-in-a-ping",
         "quotes-in-what-is-not-utf8", "wire/test_guard.py::test_bytes_are_searched"),
    _row("A login or a key in the endpoint's address",
         "wire/test_target.py::test_a_wrong_endpoint_is_told_without_its_login",
         "test_secrets.py::test_a_url_is_shown_without_what_is_secret_in_it"),
    _row("A workspace that leads elsewhere", "wire/test_target.py::test_a_workspace_that_is_no_id_gets_no_key",
         "wire/test_target.py::test_the_model_s_name_leads_to_no_other_host"),
    _row("A key with a line end, of few characters, or that is a word of ours",
         "test_screen.py::test_what_can_not_be_kept_secret_is_wrong_usage_in_one_sentence",
         "test_secrets.py::test_a_secret_that_can_not_be_kept_is_refused"),
    _row("Escape sequences in server text", "drives-the-terminal", "test_screen.py::test_control_characters_are_shown"),
    _row("SIGTERM where SIGINT is ignored", "test_early.py::test_from_then_on_both_interrupt_though_one_was_ignored"),
    _row("An endpoint that stops reading while we send", "never-reads",
         "wire/test_limits.py::test_who_never_reads_is_broken_off"),
    _row("Time slices of endless pings or floods", "sends-pings-without-end",
         "wire/test_limits.py::test_a_conversation_has_its_time"),
    _row("14 errors for each event; thousands of malformed events; rendering with SIGINT ignored",
         "answers-with-a-thousand-errors", "answers-with-malformed-events-by-the-dozen",
         "judge/test_patience.py::test_a_check_that_takes_too_long_is_given_up",
         "test_signals.py::test_whoever_does_not_wait_for_the_page_gets_a_brief_one"),
    _row("A clock that is set back while status is polled",
         "status/test_poll.py::test_a_clock_that_is_set_makes_no_wait_longer_or_shorter"),
    _row("`max()` of nothing; token counts as text", "counts-in-words", "empties-its-members",
         "judge/test_odd_members.py::test_a_count_of_tokens_that_is_none"),
    _row("Records with deep JSON, no target, a model that is a number, lines without members; a broken address; deep "
         "JSON in a baseline", "report/test_hostile_records.py::test_whatever_stands_in_a_line_it_is_read_or_refused",
         "report/test_hostile_records.py::test_what_is_no_record_is_wrong_usage",
         "test_run.py::test_a_wrong_option_is_a_usage_error",
         "report/test_baseline.py::test_what_is_no_baseline_says_so"),
    _row("`wss://` to a plain port; a malformed form; `--case SES-02`", "speaks-no-tls",
         "wire/test_hold.py::test_a_server_without_tls_is_told_as_one",
         "status/test_file.py::test_a_line_that_can_not_be_is_refused_by_its_number",
         "test_run.py::test_a_wrong_option_is_a_usage_error"),
    _row("An endpoint that only ever sends heartbeats", "only-ever-sends-heartbeats",
         "wire/test_limits.py::test_who_answers_nothing_is_left_alone"),
    _row("A record cut by SIGKILL", "test_run.py::test_a_record_that_was_cut_short_is_judged_as_far_as_it_goes",
         "test_run.py::test_after_sigkill_every_complete_line_is_readable"),
    _row("The standalone mock and audio that is never committed",
         "mock/test_hostile_clients.py::test_audio_that_is_never_committed_is_refused_past_the_bound",
         "mock/test_hostile_clients.py::test_ctrl_c_ends_a_mock_at_once_whatever_its_clients_do"),
    _row("`--log-cli-level=DEBUG`", "test_screen.py::test_what_is_logged_is_masked_for_every_handler"),
    _row("Words that are made of server text", "names-a-member-after-the-key",
         "test_screen.py::test_a_run_against_an_endpoint_that_quotes_the_key_everywhere_leaks_nothing"),
    _row("A key with spaces around it", "test_secrets.py::test_a_run_holds_what_the_environment_and_the_address_hold"),
    _row("An event with a member that is `null` or of another type", "empties-its-members", "mixes-its-types",
         "judge/rules/test_odd_shapes.py::test_no_shape_is_an_error_of_the_suite",
         "wire/test_hold.py::test_an_answer_that_a_script_cannot_read_ends_that_conversation_alone"),
    _row("NaN and infinity in usage", "counts-without-numbers",
         "test_guarded.py::test_what_stands_for_no_number_is_kept_as_text"),
    _row("A faithful server with 5 MB strings; 100,000 levels; pings", "says-everything-in-five-megabytes",
         "nests-a-hundred-thousand-levels", "pings-a-lot",
         "report/test_bounds.py::test_five_megabytes_in_a_string_make_no_big_files"),
    _row("A trickle of unasked frames", "sends-an-unasked-event-every400-milliseconds",
         "wire/test_limits.py::test_a_conversation_has_its_time"),
    _row("The disk full for the page alone; the page is a folder",
         "test_full_disk.py::test_a_full_disk_is_said_and_what_there_is_is_kept",
         "test_full_disk.py::test_a_folder_in_the_page_s_place_is_said"),
)  # fmt: skip
