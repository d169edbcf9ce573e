"""The order of values in figures."""

from holdfast.design.frameworks import FRAMEWORKS, in_theory_order


def test_values_stand_in_the_order_of_the_theory_that_has_most_of_them() -> None:
    (ten,), (nineteen,) = FRAMEWORKS["schwartz"], FRAMEWORKS["schwartz19"]
    for names in (ten, nineteen, *FRAMEWORKS["bigfive"], *FRAMEWORKS["rokeach"]):
        assert in_theory_order(sorted(names)) == list(names)
    assert in_theory_order(["Zeal", *sorted(ten[1:]), "Awe"]) == [*ten[1:], "Awe", "Zeal"]
    both = in_theory_order([*ten, *nineteen])
    assert both == [*nineteen, *(v for v in ten if v not in nineteen)]
