"""Uploads stay in memory and end at a limit: personal data never rest in a temporary folder."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

# Boundaries and the other form fields that travel with a file.
FORM_ALLOWANCE = 1024 * 1024
CHUNK = 1024 * 1024


class UploadTooLarge(SuspiciousOperation):
    """The files of one request exceed settings.UPLOAD_LIMIT_BYTES. Answered with 413 (web.errors)."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(
            _("The upload is larger than %(limit)d MB. Split the file, or ask your administrator for more.")
            % {"limit": limit // (1024 * 1024)}
        )


class InMemoryWithLimit(FileUploadHandler):
    """Django's upload handler interface; `request.FILES[name]` is an InMemoryUploadedFile."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        self.received = 0
        if content_length > settings.UPLOAD_LIMIT_BYTES + FORM_ALLOWANCE:
            self._read_away(input_data, min(content_length, 2 * settings.UPLOAD_LIMIT_BYTES))
            raise UploadTooLarge(settings.UPLOAD_LIMIT_BYTES)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.buffer = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_LIMIT_BYTES:
            raise UploadTooLarge(settings.UPLOAD_LIMIT_BYTES)
        self.buffer.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.buffer.seek(0)
        return InMemoryUploadedFile(
            file=self.buffer,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    @staticmethod
    def _read_away(stream: Any, length: int) -> None:
        # A browser that is still sending shows a broken connection instead of our message.
        while length > 0:
            got = stream.read(min(CHUNK, length))
            if not got:
                return
            length -= len(got)
