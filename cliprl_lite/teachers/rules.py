"""All rules that the experiments compare, by name: `RULES`."""

from __future__ import annotations

from cliprl_lite.teachers.contract import Rule
from cliprl_lite.teachers.jump_start import act_after_guide, jump_start, learn_after_guide
from cliprl_lite.teachers.memory import (
    act_from_memory,
    learn_the_level,
    learn_to_memory,
    remember,
)
from cliprl_lite.teachers.pi_reuse import act_by_reuse, learn_by_reuse, reuse
from cliprl_lite.teachers.search import act_on_hope, begin_search, learn_the_goal
from cliprl_lite.teachers.starts import act_by_table, advantages, learn_table, raised, warm
from cliprl_lite.teachers.two_tables import act_in_turn, learn_both, two_tables

_TABLE = (act_by_table, learn_table, "scratch")
_MEMORY = (act_from_memory, learn_to_memory, "memory_alone")
_REUSE = (act_by_reuse, learn_by_reuse, "scratch")
_GUIDE = (act_after_guide, learn_after_guide, "scratch")
_MAP = (act_on_hope, learn_the_goal, "map_alone")

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("scratch", "from scratch", warm, *_TABLE, asks=False),
        Rule("warm", "warm start", warm, *_TABLE),
        Rule("raised", "raised by one constant", raised, *_TABLE),
        Rule("advantages", "teacher's advantages", advantages, *_TABLE),
        Rule("pi_reuse", "probabilistic policy reuse", reuse, *_REUSE),
        Rule("jump_start", "jump-start", jump_start, *_GUIDE),
        Rule("two_tables", "two tables", two_tables, act_in_turn, learn_both, "scratch"),
        Rule("memory", "memory", remember, *_MEMORY),
        Rule("memory_level", "memory, with the level", remember, act_from_memory, learn_the_level,
             "memory_alone"),
        Rule("memory_alone", "memory, no teacher", remember, *_MEMORY, asks=False),
        Rule("map_hope", "map and hope", begin_search, *_MAP, knows_map=True),
        Rule("map_alone", "map, no teacher", begin_search, *_MAP, asks=False, knows_map=True),
    )
}  # fmt: skip
"""Every rule by its name."""


def find_rule(name: str) -> Rule:
    """The rule of this name.

    Raises:
        ValueError: if there is none; the message lists those there are.

    Example:
        >>> find_rule("map_hope").control
        'map_alone'
    """
    if name not in RULES:
        raise ValueError(f"there is no rule {name!r}; take some of {', '.join(RULES)}")
    return RULES[name]
