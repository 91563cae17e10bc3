import pytest

from tests.apps.register.lists import declare_fields
from tests.support.world import World, make_world


@pytest.fixture
def world(db) -> World:
    made = make_world()
    declare_fields()
    return made
