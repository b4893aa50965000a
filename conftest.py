"""What holds for every test: nothing of the developer's own environment, no deadline on a busy machine."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from streamlit.components.v2 import manifest_scanner

from analytics.charts.sheet import Sheet

settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("project")
Sheet.is_checked = True  # a property that Plotly does not know fails the test that draws it
# looks through all installed packages whenever a test opens a page, and takes as long as the page
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or touches a store, or speaks a language, that the developer has set."""
    for name in ("MVPOD_STORE", "MVPOD_LANG"):
        monkeypatch.delenv(name, raising=False)
