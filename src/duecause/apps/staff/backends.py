"""Who may hold a session."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import ModelBackend

from duecause.apps.staff.models import Employee
from duecause.apps.staff.queries import employee_by_id


class OpenAccounts(ModelBackend):
    """Asked at sign-in and on every request: a leaver or a locked account ends there, open sessions too."""

    def get_user(self, user_id: Any) -> Any:
        try:
            found = employee_by_id(UUID(str(user_id)))
        except Employee.DoesNotExist:
            return None
        return found if self.user_can_authenticate(found) else None

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and user.locked_at is None
