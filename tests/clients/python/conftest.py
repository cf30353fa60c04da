"""What the tests share: gateways, each started once for a file of tests."""

import pytest
from gateway import Gateway


@pytest.fixture(scope="module")
def gateway():
    """The shipped policy over the mock."""
    with Gateway() as running:
        yield running
