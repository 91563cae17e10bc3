"""Who may hold a session."""

from typing import Any

from django.contrib.auth.backends import ModelBackend


class OpenAccounts(ModelBackend):
    """Asked at sign-in and on every request: a leaver or a locked account ends there, open sessions too."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and user.locked_at is None
