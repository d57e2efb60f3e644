"""What corrections may and may not do to the thresholds, whatever they are."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.adaptation import (
    CLIENT_WEIGHT,
    COMMON_WEIGHT,
    FARTHEST,
    HIGHEST,
    LOWEST,
    MARGIN,
    STEP_CLIENT,
    STEP_COMMON,
    Adaptation,
    Evidence,
    adapt,
    in_reach,
    logit,
    shifted,
)
from assistant.core.escalation import Level, Policy, Scores

CLIENTS = ("", "kai@k.example", "ute@u.example", "never@corrected.example")
TINY = 1e-7

chances = st.floats(0.0, 1.0)
beliefs = st.tuples(chances, chances, chances).map(lambda p: tuple(sorted(p, reverse=True)))
thresholds = st.floats(0.02, 0.98)
policies = st.tuples(thresholds, thresholds, thresholds).map(lambda t: Policy(levels=t))
corrections = st.builds(Evidence, client=st.sampled_from(CLIENTS[:3]), level=st.sampled_from(Level), p=beliefs)
many = st.lists(corrections, max_size=10)
#: Where a mail lies from each threshold, in logits: near enough that a shift can reach it.
reachable = st.tuples(*[st.floats(-FARTHEST + MARGIN, FARTHEST - MARGIN)] * 3)


def near(base: Policy, distances: tuple[float, float, float]) -> tuple[float, float, float]:
    """The belief of a mail that lies so far from the thresholds; within what a threshold may become."""
    first, second, third = (
        min(max(sigmoid(logit(t) + d), LOWEST + 0.001), HIGHEST - 0.001)
        for t, d in zip(base.levels, distances, strict=True)
    )
    return (first, second, third)


def sigmoid(x: float) -> float:
    """From the logarithm of the odds to a probability."""
    return 1 / (1 + math.exp(-x))


def moved(one: Adaptation, other: Adaptation, client: str) -> list[float]:
    """How far the thresholds for a client lie apart, as probabilities."""
    pairs = zip(one.policy(client).levels, other.policy(client).levels, strict=True)
    return [after - before for before, after in pairs]


@given(policies)
def test_without_corrections_the_policy_is_the_models(base: Policy) -> None:
    """To the last bit, for everybody."""
    assert adapt(base, []).policy("kai@k.example") == base


@settings(max_examples=150, deadline=None)
@given(policies, many, corrections)
def test_one_correction_swings_nothing(base: Policy, others: list[Evidence], one: Evidence) -> None:
    """Whatever was corrected before: 7.5 percentage points for that client at most, 2.5 for all others."""
    before, after = adapt(base, others), adapt(base, [*others, one])
    for client in CLIENTS:
        bound = STEP_CLIENT if client == one.client and client else STEP_COMMON
        assert all(abs(step) <= bound + TINY for step in moved(before, after, client))
    assert pytest.approx((0.075, 0.025)) == (STEP_CLIENT, STEP_COMMON)


@settings(max_examples=150, deadline=None)
@given(policies, many, corrections)
def test_one_correction_moves_a_logit_shift_little(base: Policy, others: list[Evidence], one: Evidence) -> None:
    """The bounds on the scale that they are proven on, which at 95 % means far less than in the middle."""
    before, after = adapt(base, others), adapt(base, [*others, one])
    shares = zip(before.common, after.common, strict=True)
    assert all(abs(new - old) <= 1 / COMMON_WEIGHT + TINY for old, new in shares)
    if one.client in before.clients:
        own = zip(before.clients[one.client], after.clients[one.client], strict=True)
        assert all(abs(new - old) <= 1 / COMMON_WEIGHT + 1 / CLIENT_WEIGHT + TINY for old, new in own)


@settings(max_examples=150, deadline=None)
@given(policies, many, corrections)
def test_false_alarms_raise_and_misses_lower(base: Policy, others: list[Evidence], one: Evidence) -> None:
    """Thresholds above the named level never fall, those up to it never rise, for whomever."""
    before, after = adapt(base, others), adapt(base, [*others, one])
    for client in CLIENTS:
        for step, change in enumerate(moved(before, after, client)):
            assert change >= -TINY if one.level <= step else change <= TINY


@given(policies, corrections)
def test_a_first_correction_moves_exactly_what_was_wrong(base: Policy, one: Evidence) -> None:
    """A threshold that gave the right answer with a margin stays; one that gave a wrong one moves towards the mail."""
    adaptation = adapt(base, [one])
    for step, shift in enumerate(adaptation.common):
        distance = logit(one.p[step]) - logit(base.levels[step])
        false_alarm, miss = one.level <= step and distance >= 0, one.level > step and distance < 0
        if false_alarm:
            assert shift > 0
        elif miss:
            assert shift < 0
        elif abs(distance) > MARGIN:
            assert shift == 0


@settings(max_examples=100, deadline=None)
@given(policies, st.lists(corrections, max_size=25))
def test_every_level_stays_in_reach(base: Policy, evidence: list[Evidence]) -> None:
    """For each level there is a belief, short of certainty, that is judged so; no shift exceeds the bound."""
    adaptation = adapt(base, evidence)
    for client in CLIENTS:
        policy = adaptation.policy(client)
        assert all(LOWEST <= t <= HIGHEST for t in policy.levels)
        pairs = zip(policy.levels, base.levels, strict=True)
        assert all(abs(logit(t) - logit(t0)) <= FARTHEST + 1e-6 for t, t0 in pairs)
        reached = {
            policy.level(Scores(p=tuple(0.999 if step < level else 0.005 for step in range(3))))  # type: ignore[arg-type]
            for level in range(4)
        }
        assert reached == set(Level)


@settings(deadline=None)
@given(policies, st.lists(st.tuples(st.sampled_from(CLIENTS[:3]), st.floats(0.05, 4.0)), max_size=8))
def test_contradictory_corrections_cancel(base: Policy, pairs: list[tuple[str, float]]) -> None:
    """As many misses as false alarms of a client, equally far from the thresholds, and all stays as it was."""
    evidence = []
    for client, distance in pairs:
        for level, side in ((Level.CALM, distance), (Level.ESCALATED, -distance)):
            first, second, third = (sigmoid(logit(t) + side) for t in base.levels)
            evidence.append(Evidence(client=client, level=level, p=(first, second, third)))
    adaptation = adapt(base, evidence)
    for client in CLIENTS:
        assert all(abs(step) < TINY for step in moved(Adaptation(base=base), adaptation, client))


@settings(deadline=None)
@given(policies, st.lists(beliefs, min_size=1, max_size=6), st.integers(1, 5))
def test_mails_named_both_ways_pull_no_farther_than_themselves(
    base: Policy, seen: list[tuple[float, float, float]], times: int
) -> None:
    """The same mails called calm and escalated equally often: no threshold passes the farthest of them."""
    evidence = [
        Evidence(client="kai@k.example", level=level, p=p)
        for p in seen * times
        for level in (Level.CALM, Level.ESCALATED)
    ]
    for step, shift in enumerate(adapt(base, evidence).clients["kai@k.example"]):
        edges = [logit(p[step]) - logit(base.levels[step]) for p in seen]
        assert min(0.0, *edges) - TINY <= shift <= max(0.0, *edges) + TINY


@settings(deadline=None)
@given(policies, reachable, st.sampled_from(Level), st.integers(10, 30))
def test_agreeing_corrections_converge_to_the_right_level(
    base: Policy, distances: tuple[float, float, float], level: Level, times: int
) -> None:
    """Ten like mails of one client, named alike, are judged so from then on."""
    p = near(base, distances)
    learnt = adapt(base, [Evidence(client="kai@k.example", level=level, p=p)] * times)
    assert learnt.policy("kai@k.example").level(Scores(p=p)) is level


@settings(deadline=None)
@given(policies, corrections)
def test_what_is_in_reach_can_be_learnt(base: Policy, one: Evidence) -> None:
    """Whatever the mail: if it is said to be in reach, enough agreeing corrections judge it right."""
    learnt = adapt(base, [replace(one, client="kai@k.example")] * 60)
    if in_reach(base, one):
        assert learnt.policy("kai@k.example").level(Scores(p=one.p)) is one.level


@pytest.mark.parametrize(
    ("p", "level", "within"), [(0.9, 0, True), (0.99, 0, False), (0.99, 3, True), (0.01, 2, False)]
)
def test_what_is_out_of_reach(p: float, level: int, within: bool) -> None:
    """A mail of which the model is too sure, in the wrong way."""
    assert in_reach(Policy(), Evidence(client="", level=Level(level), p=(p, p, p))) is within


@settings(max_examples=30, deadline=None)
@given(policies, reachable, st.sampled_from(Level))
def test_what_many_clients_agree_on_becomes_common(
    base: Policy, distances: tuple[float, float, float], level: Level
) -> None:
    """Thirty clients with the same mistake: somebody who was never corrected is judged right too."""
    p = near(base, distances)
    evidence = [Evidence(client=f"{n}@k.example", level=level, p=p) for n in range(30) for _ in range(10)]
    assert adapt(base, evidence).policy("never@corrected.example").level(Scores(p=p)) is level


@settings(deadline=None)
@given(policies, st.lists(st.tuples(st.sampled_from(Level), beliefs), min_size=1, max_size=10))
def test_a_third_of_what_one_client_teaches_is_for_all(
    base: Policy, named: list[tuple[Level, tuple[float, float, float]]]
) -> None:
    """Partial pooling: where only one client was corrected, the common shift is that share of the client's."""
    adaptation = adapt(base, [Evidence(client="kai@k.example", level=level, p=p) for level, p in named])
    share = CLIENT_WEIGHT / (CLIENT_WEIGHT + COMMON_WEIGHT)
    assert share == pytest.approx(1 / 3)
    for common, own in zip(adaptation.common, adaptation.clients["kai@k.example"], strict=True):
        assert common == pytest.approx(own * share, abs=TINY)


@settings(deadline=None)
@given(policies, many, st.randoms(use_true_random=False))
def test_order_does_not_matter(base: Policy, evidence: list[Evidence], random: Random) -> None:
    """Corrections are a set, not a history: so one can be taken back without a trace."""
    mixed = list(evidence)
    random.shuffle(mixed)
    one, other = adapt(base, evidence), adapt(base, mixed)
    for client in CLIENTS:
        assert moved(one, other, client) == pytest.approx([0, 0, 0], abs=1e-8)


def test_thresholds_that_say_always_or_never_stay() -> None:
    """0 and 1 are switches; one set beyond the bounds on purpose is not pulled in by a shift away from them."""
    assert (shifted(0.0, 1.0), shifted(1.0, -1.0)) == (0.0, 1.0)
    assert shifted(0.998, 1.0) == 0.998
    assert shifted(0.998, -1.0) < 0.998
    assert shifted(0.95, 2.0) == pytest.approx(0.9929, abs=1e-4)
