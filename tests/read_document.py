"""Prints the text of a document that Digue made, as another program reads it: PDF or DOCX."""

import sys
import zipfile
from xml.etree import ElementTree

from pypdf import PdfReader

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def of_docx(path):
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("word/document.xml"))
    for paragraph in root.iter(f"{WORD}p"):
        yield "".join(text.text or "" for text in paragraph.iter(f"{WORD}t"))


def of_pdf(path):
    for page in PdfReader(path).pages:
        yield page.extract_text()


for path in sys.argv[1:]:
    read = of_docx if path.endswith(".docx") else of_pdf
    print("\n".join(read(path)))
