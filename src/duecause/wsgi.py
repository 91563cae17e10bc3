"""What granian serves."""

import gc
import logging
import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
logging.captureWarnings(True)  # else they are plain lines between the log's
application = get_wsgi_application()

# A request waits for the interpreter after each answer of the database: 5 ms a time is too long beside busy
# neighbours. What was loaded at start lives as long as the process: no collection need look at it again.
sys.setswitchinterval(0.0005)
gc.collect()
gc.freeze()
