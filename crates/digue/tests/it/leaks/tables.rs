//! CSV files.

use super::Shows::{Persons, Unnamed};
use super::{LeakCase, over_transports};

pub(super) fn cases() -> Vec<LeakCase> {
    over_transports(
        "/csv",
        "text/csv",
        &[
            (
                "comma",
                "id,nom\nP0001,DUPONT\nP0002,DURAND\n",
                Persons(&["P0001", "P0002"]),
                true,
            ),
            (
                "semicolon",
                "nom;id\r\nDUPONT;P0001\r\n",
                Persons(&["P0001"]),
                true,
            ),
            ("tab", "id\tnom\nP0001\tDUPONT\n", Persons(&["P0001"]), true),
            (
                "quoted",
                "\"id\",\"nom\"\n\"P0001\",\"DU,PONT\"\n",
                Persons(&["P0001"]),
                true,
            ),
            (
                "other-header",
                "Identifiant;nom\nP0001;DUPONT\n",
                Persons(&["P0001"]),
                true,
            ),
            (
                "separator-line",
                "sep=;\r\nid;nom\r\nP0001;DUPONT\r\n",
                Persons(&["P0001"]),
                true,
            ),
            (
                "title",
                "Liste au 28/11/2026\n\nid;nom\nP0001;DUPONT\n",
                Persons(&["P0001"]),
                true,
            ),
            (
                "blank-tail",
                "id;nom\nP0001;DUPONT\n;\n;\n",
                Persons(&["P0001"]),
                true,
            ),
            (
                "total",
                "id;nom\nP0001;DUPONT\nTotal : 1\n",
                Persons(&["P0001"]),
                true,
            ),
            (
                "guard",
                "id;nom\n=\"P0001\";DUPONT\n'P0002;DURAND\n",
                Persons(&["P0001", "P0002"]),
                true,
            ),
            (
                "comma-in-header",
                "id;nom, prénom\nP0001;DUPONT, Léa\n",
                Persons(&["P0001"]),
                true,
            ),
            (
                "backslash",
                "id;note\r\nP0001;\"C:\\\"\"\r\nP0002;ok\r\nP0003;\"vu\"\r\n",
                Persons(&["P0001", "P0002", "P0003"]),
                true,
            ),
            (
                "line-break",
                "id;note\nP0001;\"a\nb\"\nP0002;c\n",
                Persons(&["P0001", "P0002"]),
                true,
            ),
            ("header-only", "id;nom\n", Persons(&[]), true),
            ("no-column", "numero;nom\nP0001;DUPONT\n", Unnamed, false),
            ("blank-id", "id;nom\n;DUPONT\n", Unnamed, false),
            (
                "second-blank",
                "id;nom\nP0001;DUPONT\n ;DURAND\n",
                Unnamed,
                false,
            ),
            ("short", "nom;id\nDUPONT\n", Unnamed, false),
            ("formula", "id;nom\n=A1&B1;DUPONT\n", Unnamed, false),
            ("wrong", "id;nom\nDUPONT;Marie\n", Unnamed, false),
            ("two-columns", "id;id;nom\n;;DUPONT\n", Unnamed, false),
            (
                "never-closed",
                "id;nom\n\"P0001;DUPONT\nP0002;DURAND\n",
                Persons(&["P0001", "P0002"]),
                false,
            ),
            (
                "names-above",
                "DUPONT;Marie\nid;nom\nP0001;x\n",
                Unnamed,
                false,
            ),
            ("nothing", "DUPONT Marie\n", Unnamed, false),
        ],
    )
}
