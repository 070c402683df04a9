"""Simulated parks for matching: a season in which hosts and goods meet by chance, and the season after it.

What is drawn, and where its size comes from:

- 17 rooms and 17 sessions at a time, one session a day and host, 6 to 8 hours: published of Shaxi (facts: parks.yaml).
  36 hosts: more than rooms, as a park has that lets hosts rotate; chosen.
- A host's own level: 0.5 (standard deviation of natural logarithms). Published is one host with 150,000 to 250,000 CNY
  a session, ten times and more what an average session of the demo sells; that would be 1.0 and more. The smaller
  number makes hosts more alike, and choosing them worth less.
- How well a host suits a category: 0.4. Not published; parks say that hosts and goods do not find each other.
- Followers: logarithm with a correlation of 0.3 to the host's own level. Not published; rows of the bench vary it.
- Noise of a session: Student's t with 3 degrees of freedom times 0.5, so that one session in fifty is off by a factor
  of ten either way. Published of one host is a range of 250 to 150, which is 0.2 to either side: ours is noisier.
- Refunds: a share of 0.08 to 0.5 by host around 0.2, drawn for each host from a beta distribution; 0.05 more or less
  by session.
- Sellers: 0.4; hosts are mostly given goods of two or three sellers, which looks like ability.

The sizes were written down before the first run and not changed after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analytics.matching.facts import Candidate, Observation, Wanted
from analytics.matching.fitting import fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOSTS, CATEGORIES, SELLERS = 36, 6, 17
HOURS = (6, 8)
SESSIONS_EACH = 20
"""Sessions of a host in the first season: the quotas of contracts are 16 to 26 a month."""
ROUNDS = 20
"""Times in the second season at which all rooms are given hosts."""
BASE_PER_HOUR = 2_000.0
HOST_SD, CATEGORY_SD, SELLER_SD, NOISE_SCALE, NOISE_FREEDOM = 0.5, 0.5, 0.4, 0.5, 3.0
LISTED = 3
"""Categories that a host lists, by chance: nobody knows yet which suit it."""
MOST_NOISE = 3.0
"""Beyond a factor of twenty nobody believes a session; without an end the mean of such noise would not exist."""


@dataclass(frozen=True)
class Setting:
    """What rows of the bench vary: how far followers tell a host's level, and how much hosts differ by category."""

    followers_tell: float = 0.3
    fit_sd: float = 0.4


@dataclass(frozen=True)
class Park:
    """What is true of a simulated park: natural logarithms of CNY paid per hour, and shares given back."""

    base: Floats
    sellers: Floats
    level: Floats
    fit: Floats
    refund: Floats
    followers: Ints
    listed: NDArray[np.bool_]
    of_seller: Ints

    def expected(self, host: Ints, seller: Ints) -> Floats:
        """CNY per hour after refunds, but for the noise, whose mean is the same for all."""
        category = self.of_seller[seller]
        said = self.base[category] + self.sellers[seller] + self.level[host] + self.fit[host, category]
        return np.exp(said) * (1.0 - self.refund[host])


def made(setting: Setting, draw: np.random.Generator) -> Park:
    """A park by chance."""
    level = draw.normal(0.0, HOST_SD, HOSTS)
    tell = setting.followers_tell
    likes = tell * level / HOST_SD + np.sqrt(1.0 - tell**2) * draw.normal(size=HOSTS)
    suits = draw.normal(0.0, setting.fit_sd, (HOSTS, CATEGORIES))
    listed = np.zeros((HOSTS, CATEGORIES), dtype=bool)
    for host in range(HOSTS):
        tried = draw.permutation(CATEGORIES)
        listed[host, tried[:LISTED]] = True
    return Park(
        base=np.log(BASE_PER_HOUR) + draw.normal(0.0, CATEGORY_SD, CATEGORIES),
        sellers=draw.normal(0.0, SELLER_SD, SELLERS),
        level=level,
        fit=suits,
        refund=np.clip(draw.beta(4.0, 16.0, HOSTS), 0.08, 0.5),
        followers=np.exp(8.5 + 1.0 * likes).astype(np.int64),
        listed=listed,
        of_seller=np.arange(SELLERS) % CATEGORIES,
    )


def noise(draw: np.random.Generator) -> float:
    """What nobody can foresee of a session."""
    return float(np.clip(NOISE_SCALE * draw.standard_t(NOISE_FREEDOM), -MOST_NOISE, MOST_NOISE))


def first_season(park: Park, draw: np.random.Generator) -> list[Observation]:
    """What is known after a season in which each host sold for a few sellers of the categories it lists, by chance."""
    seen = []
    for host in range(HOSTS):
        fitting = np.flatnonzero(park.listed[host][park.of_seller])
        usual = draw.choice(fitting, size=min(3, len(fitting)), replace=False)
        for number in range(SESSIONS_EACH):
            seller = int(draw.choice(usual if draw.random() < 0.8 else fitting))
            category = int(park.of_seller[seller])
            hours = float(draw.uniform(*HOURS))
            said = park.base[category] + park.sellers[seller] + park.level[host] + park.fit[host, category]
            paid = hours * float(np.exp(said + noise(draw)))
            back = float(np.clip(park.refund[host] + draw.normal(0.0, 0.05), 0.0, 0.9))
            seen.append(
                Observation(
                    key=f"{host:03d}:{number:03d}",
                    host=f"h{host}",
                    category=f"c{category}",
                    hours=hours,
                    paid=paid,
                    refunds=paid * back,
                    seller=f"s{seller}",
                    followers=float(park.followers[host]),
                )
            )
    return seen


Scores = Callable[[Park, list[Observation]], Floats]
"""What hosts are thought to be good for: a row for each, a column for each seller; -1 where it does not list that."""


def by_followers(park: Park, _seen: list[Observation]) -> Floats:
    """What people do: the host with the most followers among those who list the category."""
    return _allowed(park, np.repeat(park.followers[:, None], SELLERS, axis=1).astype(np.float64))


def by_past_mean(park: Park, seen: list[Observation]) -> Floats:
    """The mean of what a host sold per hour, refunds taken off, whatever it sold."""
    sums = np.zeros((HOSTS, 2))
    for one in seen:
        sums[int(one.host[1:])] += one.paid - one.refunds, one.hours
    return _allowed(park, np.repeat((sums[:, 0] / sums[:, 1])[:, None], SELLERS, axis=1))


def by_model(park: Park, seen: list[Observation]) -> Floats:
    """Ours."""
    fitted = fit(seen)
    found = np.zeros((HOSTS, SELLERS))
    for host in range(HOSTS):
        candidate = Candidate(f"h{host}", followers=int(park.followers[host]))
        for seller in range(SELLERS):
            wanted = Wanted(f"c{park.of_seller[seller]}", 1.0, seller=f"s{seller}")
            found[host, seller] = fitted.estimate(wanted.case(candidate)).middle
    return _allowed(park, found)


def by_truth(park: Park, _seen: list[Observation]) -> Floats:
    """Nobody can know more: the limit."""
    hosts, sellers = np.meshgrid(np.arange(HOSTS), np.arange(SELLERS), indexing="ij")
    return _allowed(park, park.expected(hosts, sellers))


def _allowed(park: Park, scores: Floats) -> Floats:
    return np.where(park.listed[:, park.of_seller], scores, -1.0)


def one_after_the_other(scores: Floats, draw: np.random.Generator) -> Ints:
    """Each seller in turn takes the best host that is still free: how a ranking is used."""
    chosen, left = np.full(SELLERS, -1), scores.copy()
    for seller in draw.permutation(SELLERS):
        host = int(np.argmax(left[:, seller]))
        if left[host, seller] >= 0:
            chosen[seller] = host
            left[host] = -1.0
    return chosen


def together(scores: Floats, _draw: np.random.Generator) -> Ints:
    """All at once, so that the sum is best."""
    hosts, sellers = linear_sum_assignment(scores, maximize=True)
    chosen = np.full(SELLERS, -1)
    chosen[sellers] = np.where(scores[hosts, sellers] >= 0, hosts, -1)
    return chosen


Way = tuple[Scores, Callable[[Floats, np.random.Generator], Ints]]
WAYS: dict[str, Way] = {
    "followers": (by_followers, one_after_the_other),
    "past mean": (by_past_mean, one_after_the_other),
    "ranking": (by_model, one_after_the_other),
    "ours": (by_model, together),
    "oracle": (by_truth, together),
}


def seasons(setting: Setting, seed: int) -> dict[str, float]:
    """CNY after refunds that the second season brings, by way of giving hosts to goods.

    It is the expected sum: the noise of a session has the same mean whoever is chosen, and would only blur it.
    """
    draw = np.random.default_rng(seed)
    park = made(setting, draw)
    seen = first_season(park, draw)
    hours = draw.uniform(*HOURS, (ROUNDS, SELLERS))
    sellers, found = np.arange(SELLERS), {}
    thought = {scores_of: scores_of(park, seen) for scores_of, _choose in WAYS.values()}
    for name, (scores_of, choose) in WAYS.items():
        scores, total = thought[scores_of], 0.0
        order = np.random.default_rng(seed)
        for number in range(ROUNDS):
            hosts = choose(scores, order)
            there = sellers[hosts >= 0]
            total += float(park.expected(hosts[there], there) @ hours[number, there])
        found[name] = total
    return found
