"""Documents that leave the house: letters, certificates, receipts, records.

A room describes a document once, as blocks of plain text, and gets it as an accessible PDF (`pdf`) and as a
page that stands alone (`html`); tables go to a workbook with `sheets.workbook`. Texts come in the reader's
language already. Nothing here is assembled from strings: the PDF's template gets the description as JSON, so
that a name with a quote or a hash in it stays a name.

    letter = Document(title=_("Your data"), language="nl", blocks=(Paragraph(…), Table(…)))
    pdf(letter, at=now, data=json_bytes, data_name="data.json")
"""

from .blocks import Block, Cell, Document, Facts, Heading, Paragraph, Table
from .pdf import pdf
from .twin import html

__all__ = ["Block", "Cell", "Document", "Facts", "Heading", "Paragraph", "Table", "html", "pdf"]
