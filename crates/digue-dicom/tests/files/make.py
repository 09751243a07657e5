#!/usr/bin/env python3
"""Writes the files of this folder: pip install pydicom==3.0.2, then run it here.

Each file shows P0001, whose file it is, and others where its name says so: P0002 in a sequence,
P0003 in a private text, P0004 in a value of unknown form, P0005 in the text of a report, P0006 in an
encapsulated document. Nothing else in them looks like an identifier.
"""

import pathlib

import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    ComprehensiveSRStorage,
    DeflatedExplicitVRLittleEndian,
    EncapsulatedCDAStorage,
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    MediaStorageDirectoryStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)

HERE = pathlib.Path(__file__).parent


def meta(class_uid, syntax):
    found = FileMetaDataset()
    found.MediaStorageSOPClassUID = class_uid
    found.MediaStorageSOPInstanceUID = "1.2.3.4"
    found.TransferSyntaxUID = syntax
    found.ImplementationClassUID = "1.2.3"
    return found


def patient(class_uid, syntax, charset="ISO_IR 100", name="DUPONT^Hélène"):
    data = FileDataset(
        "",
        {},
        file_meta=meta(class_uid, syntax),
        preamble=b"\0" * 128,
        is_implicit_VR=syntax.is_implicit_VR,
        is_little_endian=syntax.is_little_endian,
    )
    data.SpecificCharacterSet = charset
    data.SOPClassUID = class_uid
    data.SOPInstanceUID = "1.2.3.4"
    data.StudyInstanceUID = "1.2.3"
    data.SeriesInstanceUID = "1.2.3.1"
    data.StudyDate = "20260710"
    data.Modality = "CT"
    data.ReferringPhysicianName = "MARTIN^Paul"
    data.PatientName = name
    data.PatientID = "P0001"
    data.PatientBirthDate = "19600101"
    data.PatientSex = "F"
    return data


def with_sequences(data):
    """Others in a sequence of a sequence, in a private text, and in a value of unknown form."""
    other = Dataset()
    other.PatientID = "P0002"
    request = Dataset()
    request.RequestedProcedureDescription = "TDM"
    request.ReferencedPatientSequence = Sequence([other])
    data.RequestAttributesSequence = Sequence([request])
    block = data.private_block(0x0029, "EXEMPLE", create=True)
    block.add_new(0x10, "LO", "voir P0003")
    block.add_new(0x11, "OB", b"\0\1\2P0004\0\xff\0")
    return data


def with_pixels(data):
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.Rows = 2
    data.Columns = 3
    data.BitsAllocated = 16
    data.BitsStored = 12
    data.HighBit = 11
    data.PixelRepresentation = 0
    data.add_new(0x7FE00010, "OW", b"\1\2" * 6)
    return data


def write(name, data):
    data.save_as(HERE / name, enforce_file_format=True)


for name, syntax in [
    ("implicit", ImplicitVRLittleEndian),
    ("explicit", ExplicitVRLittleEndian),
    ("deflated", DeflatedExplicitVRLittleEndian),
    ("big-endian", ExplicitVRBigEndian),
]:
    write(f"{name}.dcm", with_pixels(with_sequences(patient(CTImageStorage, syntax))))

for name, syntax in [("jpeg", JPEGBaseline8Bit), ("rle", RLELossless)]:
    data = with_pixels(with_sequences(patient(CTImageStorage, syntax)))
    data.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
    data["PixelData"].is_undefined_length = True
    write(f"{name}.dcm", data)

# Sequences and items whose length is not said.
data = with_pixels(with_sequences(patient(CTImageStorage, ExplicitVRLittleEndian)))
for element in data:
    if element.VR == "SQ":
        element.is_undefined_length = True
        for item in element.value:
            item.is_undefined_length_sequence_item = True
write("undefined-lengths.dcm", data)

data = patient(CTImageStorage, ExplicitVRLittleEndian, "ISO_IR 192")
write("utf-8.dcm", data)
data = patient(CTImageStorage, ExplicitVRLittleEndian, ["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎")
write("japanese.dcm", data)

data = with_pixels(patient(SecondaryCaptureImageStorage, ExplicitVRLittleEndian))
data.ConversionType = "WSD"
write("capture.dcm", data)
data.BurnedInAnnotation = "NO"
write("capture-clean.dcm", data)
data = with_pixels(patient(CTImageStorage, ExplicitVRLittleEndian))
data.BurnedInAnnotation = "YES"
write("burnt-in.dcm", data)
data = with_pixels(patient(CTImageStorage, ExplicitVRLittleEndian))
data.add_new(0x60000010, "US", 2)
data.add_new(0x60000011, "US", 8)
data.add_new(0x60003000, "OW", b"\1\0")
write("overlay.dcm", data)

report = patient(ComprehensiveSRStorage, ExplicitVRLittleEndian)
text = Dataset()
text.RelationshipType = "CONTAINS"
text.ValueType = "TEXT"
text.TextValue = "Comparaison avec le dossier P0005 de sa sœur".replace("œ", "oe")
container = Dataset()
container.RelationshipType = "CONTAINS"
container.ValueType = "CONTAINER"
container.ContentSequence = Sequence([text])
report.ValueType = "CONTAINER"
report.ContentSequence = Sequence([container])
write("report.dcm", report)


def pdf(shown):
    content = f"BT /F 12 Tf 50 700 Td ({shown}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [5 0 R] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F 3 0 R >> >> >>",
    ]
    text = "%PDF-1.4\n"
    places = "xref\n0 6\n0000000000 65535 f \n"
    for number, described in enumerate(objects, 1):
        places += f"{len(text):010} 00000 n \n"
        text += f"{number} 0 obj\n{described}\nendobj\n"
    start = len(text)
    text += f"{places}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return text.encode()


data = patient(EncapsulatedPDFStorage, ExplicitVRLittleEndian)
data.MIMETypeOfEncapsulatedDocument = "application/pdf"
document = pdf("Compte rendu P0006")
data.EncapsulatedDocumentLength = len(document)
data.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
write("document.dcm", data)
data = patient(EncapsulatedCDAStorage, ExplicitVRLittleEndian)
data.MIMETypeOfEncapsulatedDocument = "text/XML"
document = b'<ClinicalDocument><patient><id extension="P00&#48;6"/></patient></ClinicalDocument>'
data.EncapsulatedDocument = document + b" " * (len(document) % 2)
write("cda.dcm", data)

# As on a disc of an imaging department.
directory = FileDataset(
    "", {}, file_meta=meta(MediaStorageDirectoryStorage, ExplicitVRLittleEndian), preamble=b"\0" * 128
)
directory.FileSetID = "DISQUE"
records = []
for kind, values in [
    ("PATIENT", {"PatientName": "DUPONT^Helene", "PatientID": "P0001"}),
    ("STUDY", {"StudyDate": "20260710", "StudyDescription": "TDM"}),
    ("PATIENT", {"PatientName": "MARTIN^Anne", "PatientID": "P0002"}),
]:
    record = Dataset()
    record.DirectoryRecordType = kind
    for keyword, value in values.items():
        setattr(record, keyword, value)
    records.append(record)
directory.DirectoryRecordSequence = Sequence(records)
write("directory.dcm", directory)
