"""The fair order, and the room for payloads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from restore.worker.room import Room
from restore.worker.turns import Turns


@dataclass(eq=False)
class Item:
    client: str
    number: int
    bytes: int = 1

    def __post_init__(self) -> None:
        self.admitted = asyncio.Event()

    def in_room(self) -> bool:
        return self.admitted.is_set()


CLIENTS = st.lists(st.sampled_from("abc"), max_size=12)


@given(CLIENTS)
def test_nothing_is_lost_and_each_client_keeps_its_order(clients):
    turns: Turns[Item] = Turns()
    for number, client in enumerate(clients):
        turns.add(Item(client, number))
    out = [turns.next() for _ in clients]

    assert turns.next() is None
    assert sorted(item.number for item in out) == list(range(len(clients)))
    for client in "abc":
        own = [item.number for item in out if item.client == client]
        assert own == sorted(own)


@given(CLIENTS)
def test_no_client_comes_twice_while_another_waits(clients):
    turns: Turns[Item] = Turns()
    for number, client in enumerate(clients):
        turns.add(Item(client, number))
    left = {client: clients.count(client) for client in "abc"}
    since = dict.fromkeys("abc", 0)
    while item := turns.next():
        left[item.client] -= 1
        since[item.client] = 0
        for other in "abc":
            if other != item.client and left[other]:
                since[other] += 1
                assert since[other] <= 2, "passed over by a client that came twice"


@given(CLIENTS, st.integers(0, 11))
def test_what_is_ahead_is_what_comes_first(clients, which):
    turns: Turns[Item] = Turns()
    items = [Item(client, number) for number, client in enumerate(clients)]
    for item in items:
        turns.add(item)
    if which >= len(items):
        return
    ahead = turns.ahead(items[which])

    out = iter(turns.next, None)

    assert next(n for n, item in enumerate(out) if item is items[which]) == ahead


@given(CLIENTS, st.sets(st.integers(0, 11)))
def test_what_is_taken_out_does_not_come(clients, gone):
    turns: Turns[Item] = Turns()
    items = [Item(client, number) for number, client in enumerate(clients)]
    for item in items:
        turns.add(item)
    for number in gone & set(range(len(items))):
        turns.discard(items[number])
        turns.discard(items[number])

    assert {item.number for item in iter(turns.next, None)} == set(range(len(items))) - gone


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 150)), max_size=10))
def test_payloads_never_take_more_than_the_room_unless_one_is_alone(asked):
    room = Room(limit=100)
    items = [Item(client, number, size) for number, (client, size) in enumerate(asked)]
    for item in items:
        room.ask(item)
    done = []
    while len(done) < len(items):
        inside = [item for item in items if item.in_room() and item not in done]
        assert inside, "everyone waits for nobody"
        assert sum(item.bytes for item in inside) <= 100 or len(inside) == 1
        room.leave(inside[0])
        done.append(inside[0])


def test_one_who_goes_away_while_waiting_leaves_no_gap():
    room = Room(limit=10)
    first, second, third = (Item("a", number, 10) for number in range(3))
    for item in (first, second, third):
        room.ask(item)
    room.leave(second)
    room.leave(first)

    assert third.in_room()
    assert not second.in_room()
