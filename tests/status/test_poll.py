"""Looking until every session has a row, and what a missing one means."""

from dataclasses import replace

import pytest

from conformance.status.model import NotObservable, Session
from conformance.status.none import NoReader
from conformance.status.poll import observe

T0 = 1_790_000_000.0  # seconds


def session(path, number=None):
    return Session(f"sess_{path}" if number is None else None, path, int(T0 * 1000) - 9000, int(T0 * 1000) - 1000)


GOOD, BAD, OTHER = session("good"), session("bad"), session("other")
ALL = (GOOD, BAD, OTHER)


class Clock:
    """Time that passes only in pauses."""

    def __init__(self):
        self.now = T0
        self.pauses = []

    def __call__(self):
        return self.now

    def pause(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


class Told:
    """A reader that has been told when each row appears: {path: (seconds, status code)}."""

    name = "told"
    poll_s = 30.0

    def __init__(self, clock, rows, troubles=None):
        self.clock, self.listed, self.troubles = clock, rows, troubles or {}
        self.asked = []

    def rows(self, since_ms, until_ms):
        self.asked.append((since_ms, until_ms))
        trouble = self.troubles.get(len(self.asked))
        if trouble:
            raise trouble
        after = self.clock.now - T0
        return [
            {"task_uuid": f"sess_{path}", "start_unix_timestamp": "1790000000000"}
            | ({"status_code": code} if code else {})
            for path, (at, code) in self.listed.items()
            if at <= after
        ]


@pytest.fixture
def clock():
    return Clock()


def look(clock, rows, *, sessions=ALL, wait_s=900, troubles=None, reader=None, **options):
    made = reader or Told(clock, rows, troubles)
    return observe(
        made, sessions, good="good", bad="bad", wait_s=wait_s, clock=clock, pause=clock.pause, passed=clock, **options
    )


def statuses(found):
    return {path: one.status for path, one in found.items()}


def test_it_ends_when_every_session_has_a_row(clock):
    said = []
    found = look(clock, {"good": (0, "200"), "bad": (20, "400"), "other": (50, "0")}, progress=said.append)
    assert statuses(found) == {"good": "succeeded", "bad": "failed_client", "other": "cancelled"}
    assert clock.pauses == [30.0, 30.0]
    assert [one.lag_s for one in found.values()] == [1.0, 31.0, 61.0]
    assert said == [f"{number} of 3 sessions have a row" for number in (1, 2, 3)]


def test_the_window_covers_the_sessions(clock):
    reader = Told(clock, {"good": (0, "200"), "bad": (0, "400"), "other": (0, "200")})
    look(clock, {}, reader=reader)
    ((since, until),) = reader.asked
    assert since <= GOOD.t_open
    assert until >= T0 * 1000


def test_a_session_without_a_row_is_absent_when_the_wait_is_over(clock):
    found = look(clock, {"good": (0, "200")}, wait_s=100)
    assert statuses(found) == {"good": "succeeded", "bad": "absent", "other": "absent"}
    assert clock.pauses == [30.0, 30.0, 30.0, 10.0]  # the last look is at the deadline
    assert found["other"].attribution == "none"


@pytest.mark.parametrize("code", ["200", "400", "0", "500", None, "what"])
def test_the_good_control_is_good_whatever_its_status(clock, code):
    assert look(clock, {"good": (0, code)}, wait_s=60)["other"].status == "absent"


def test_without_a_wait_nothing_is_absent(clock):
    assert statuses(look(clock, {"good": (0, "200")}, wait_s=0)) == {
        "good": "succeeded",
        "bad": "not_visible_yet",
        "other": "not_visible_yet",
    }
    assert clock.pauses == []


def test_only_the_good_control_can_show_an_absence(clock):
    found = look(clock, {"bad": (0, "400")}, wait_s=60)
    assert statuses(found) == {"good": "not_visible_yet", "bad": "failed_client", "other": "not_visible_yet"}


def test_without_a_control_nothing_can_be_said(clock):
    found = look(clock, {"other": (0, "200")}, wait_s=60)
    assert set(statuses(found).values()) == {"not_observable"}
    assert found["other"].why == "control_missing: neither good nor bad has a row"
    assert len(found["other"].rows) == 1


def test_a_row_in_progress_is_looked_at_again(clock):
    class Slow(Told):
        def rows(self, since_ms, until_ms):
            self.listed["other"] = (0, "200" if self.clock.now >= T0 + 60 else None)
            return super().rows(since_ms, until_ms)

    found = look(clock, {}, reader=Slow(clock, {"good": (0, "200"), "bad": (0, "400")}))
    assert (found["other"].status, found["other"].lag_s) == ("succeeded", 61.0)


def test_a_row_that_stays_in_progress_is_reported_so(clock):
    found = look(clock, {"good": (0, "200"), "bad": (0, "400"), "other": (0, None)}, wait_s=90)
    assert (found["other"].status, found["other"].lag_s) == ("in_progress", 1.0)
    assert sum(clock.pauses) == 90


def test_a_later_row_of_a_session_is_taken_in(clock):
    class More(Told):
        def rows(self, since_ms, until_ms):
            more = [{"task_uuid": "sess_good", "status_code": "500"}] if self.clock.now > T0 else []
            return super().rows(since_ms, until_ms) + more

    found = look(clock, {}, reader=More(clock, {"good": (0, "200"), "bad": (30, "400"), "other": (30, "200")}))
    assert (found["good"].status, len(found["good"].rows)) == ("failed_server", 2)


@pytest.mark.parametrize("reason", ["refused", "unreachable", "timeout", "delivery_off"])
def test_a_reader_that_can_not_read(clock, reason):
    found = look(clock, {}, troubles={1: NotObservable(reason, "words")})
    assert {(one.status, one.why) for one in found.values()} == {("not_observable", f"{reason}: words")}
    assert clock.pauses == []


def test_no_reader(clock):
    found = look(clock, {}, reader=NoReader("region_unsupported", "not here"))
    assert {one.why for one in found.values()} == {"region_unsupported: not here"}
    assert {one.reader for one in found.values()} == {"none"}


def test_a_request_that_fails_between_others_is_made_again(clock):
    rows = {"good": (0, "200"), "bad": (0, "400"), "other": (60, "200")}
    found = look(clock, rows, troubles={2: NotObservable("timeout")})
    assert found["other"].status == "succeeded"


def test_a_refusal_between_looks_is_final(clock):
    found = look(clock, {"good": (0, "200")}, troubles={2: NotObservable("refused", "expired")})
    assert {one.why for one in found.values()} == {"refused: expired"}


def test_when_the_last_look_failed_nothing_is_absent(clock):
    found = look(clock, {"good": (0, "200")}, wait_s=60, troubles={3: NotObservable("timeout", "slow")})
    assert statuses(found) == {"good": "succeeded", "bad": "not_visible_yet", "other": "not_visible_yet"}
    assert found["other"].why == "timeout: slow"


def test_a_fault_of_a_reader_ends_no_run(clock):
    found = look(clock, {}, troubles={1: KeyError("x")})
    assert {one.why for one in found.values()} == {"malformed: KeyError in the reader told"}


def test_no_sessions(clock):
    assert look(clock, {}, sessions=()) == {}


def test_paths_are_names(clock):
    with pytest.raises(ValueError, match="the same path"):
        look(clock, {}, sessions=(GOOD, GOOD))


def test_a_list_that_was_cut_off_shows_no_absence(clock):
    reader = Told(clock, {"good": (0, "200")})
    reader.missing = "not_visible_yet"
    assert look(clock, {}, reader=reader, wait_s=60)["other"].status == "not_visible_yet"


class Nameless(Told):
    """Rows without the sessions' ids."""

    def rows(self, since_ms, until_ms):
        at = str(GOOD.t_open + 10)
        more = [{"start_unix_timestamp": at, "status_code": "400", "request_id": "r"}]
        return super().rows(since_ms, until_ms) + more


def test_a_dedicated_key_lets_time_tell(clock):
    reader = Nameless(clock, {"good": (0, "200"), "bad": (0, "400")})
    found = look(clock, {}, reader=reader, dedicated=True)
    assert (found["other"].status, found["other"].attribution) == ("failed_client", "unique_in_window")
    assert look(clock, {}, reader=reader, wait_s=60)["other"].status == "absent"


def test_one_row_is_not_two_sessions(clock):
    reader = Nameless(clock, {"good": (0, "200")})
    found = look(clock, {}, reader=reader, dedicated=True)
    assert statuses(found) == {"good": "succeeded", "bad": "ambiguous", "other": "ambiguous"}


def test_what_another_session_claims_by_its_id_is_not_taken_by_time(clock):
    lost = session("lost", 1)
    found = look(clock, {"good": (0, "200"), "bad": (0, "400")}, sessions=(GOOD, BAD, lost), dedicated=True, wait_s=30)
    assert found["lost"].status == "absent"


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_clock_that_is_set_makes_no_wait_longer_or_shorter(clock, jump):
    dates = Clock()

    def pause(seconds):
        clock.pause(seconds)
        dates.now += jump

    told = Told(clock, {"good": (0, "200")})
    observe(told, ALL, good="good", bad="bad", wait_s=60, clock=dates, pause=pause, passed=clock)
    assert sum(clock.pauses) == 60


class Listing(Told):
    """A reader whose rows name no session of ours."""

    by_time = True

    def __init__(self, clock, *rows):
        super().__init__(clock, {})
        self.told = [{"start_unix_timestamp": str(int(T0 * 1000) - 5000), "status_code": "200", **row} for row in rows]

    def rows(self, since_ms, until_ms):
        return self.told


def spent(path, tokens):
    return replace(session(path), tokens=tokens)


def usage(tokens):
    return {"usage": {"total_tokens": tokens}}


def told_by_time(clock, *rows, by_time=True):
    held = (GOOD, BAD, spent("other", 35))
    reader = Listing(clock, {"task_uuid": "sess_good"}, {"task_uuid": "sess_bad"}, *rows)
    reader.by_time = by_time
    found = observe(reader, held, good="good", bad="bad", wait_s=1, clock=clock, pause=clock.pause, passed=clock)
    return found["other"]


def test_a_row_without_an_id_is_told_by_its_time_and_its_tokens(clock):
    found = told_by_time(clock, usage(35), usage(36))
    assert (found.status, found.attribution) == ("succeeded", "unique_in_window")


@pytest.mark.parametrize(
    ("row", "by_time"),
    [
        (usage(36), True),
        ({}, True),
        ({**usage(35), "start_unix_timestamp": str(int(T0 * 1000) - 11_001)}, True),  # before it was opened
        ({**usage(35), "start_unix_timestamp": str(int(T0 * 1000) + 1_001)}, True),  # after it was closed
        (usage(35), False),  # a ledger that names sessions is not asked by time
    ],
)
def test_a_row_of_other_tokens_or_another_time_is_somebody_elses(clock, row, by_time):
    assert told_by_time(clock, row, by_time=by_time).attribution == "none"


def test_two_that_fit_are_ambiguous(clock):
    assert told_by_time(clock, usage(35), {**usage(35), "request_id": "b"}).status == "ambiguous"


@pytest.mark.parametrize(
    ("row", "other"),
    [
        ({"task_uuid": "sess_stranger", **usage(35)}, "sess_stranger"),
        ({"task_uuid": "sess_stranger", **usage(34)}, ""),
        ({"task_uuid": "sess_beside", **usage(35)}, ""),  # ours, and no close path
        ({"task_uuid": "7f1e", **usage(35)}, ""),  # no session at all
    ],
)
def test_a_row_that_names_another_session_is_told(clock, row, other):
    held = (GOOD, BAD, spent("other", 35))
    reader = Listing(clock, {"task_uuid": "sess_good"}, {"task_uuid": "sess_bad"}, row)
    reader.by_time = False
    found = observe(
        reader, held, good="good", bad="bad", wait_s=1, others=frozenset({"sess_beside"}),
        clock=clock, pause=clock.pause, passed=clock,
    )  # fmt: skip
    assert (found["other"].status, found["other"].other) == ("absent", other)
