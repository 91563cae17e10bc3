"""What granian serves."""

import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
logging.captureWarnings(True)  # else they are plain lines between the log's
application = get_wsgi_application()
