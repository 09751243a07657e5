//! XML documents.

use super::Shows::{Persons, Unnamed};
use super::{LeakCase, over_transports};

pub(super) fn cases() -> Vec<LeakCase> {
    over_transports(
        "/xml",
        "application/xml",
        &[
            (
                "one",
                "<list><item><id>P0001</id><nom>DUPONT</nom></item></list>",
                Persons(&["P0001"]),
                true,
            ),
            (
                "spaced",
                "<list><item><id>\n P0001 \n</id></item></list>",
                Persons(&["P0001"]),
                true,
            ),
            (
                "entity",
                "<list><item><id>&#80;0001</id><nom>L&eacute;a</nom></item></list>",
                Persons(&["P0001"]),
                true,
            ),
            (
                "data",
                "<list><item><id><![CDATA[P0001]]></id></item></list>",
                Persons(&["P0001"]),
                true,
            ),
            (
                "prefix",
                "<a:list xmlns:a='u'><a:item><a:id>P0001</a:id></a:item></a:list>",
                Persons(&["P0001"]),
                true,
            ),
            (
                "attribute",
                "<list><item see='P0002'><id>P0001</id></item></list>",
                Persons(&["P0001", "P0002"]),
                true,
            ),
            (
                "comment",
                "<list><item><id>P0001</id></item><!-- P0002 --></list>",
                Persons(&["P0001", "P0002"]),
                true,
            ),
            ("empty", "<list/>", Persons(&[]), true),
            (
                "no-id",
                "<list><item><nom>DUPONT</nom></item></list>",
                Unnamed,
                false,
            ),
            (
                "blank",
                "<list><item><id/><nom>DUPONT</nom></item></list>",
                Unnamed,
                false,
            ),
            (
                "second",
                "<list><item><id>P0001</id></item><item><nom>x</nom></item></list>",
                Unnamed,
                false,
            ),
            (
                "nested",
                "<list><item><nom>x</nom><tuteur><id>P0002</id></tuteur></item></list>",
                Unnamed,
                false,
            ),
            (
                "other",
                "<list><personne><nom>DUPONT</nom></personne></list>",
                Unnamed,
                false,
            ),
            (
                "beside",
                "<list><item><id>P0001</id></item><nom>DUPONT</nom></list>",
                Unnamed,
                false,
            ),
            (
                "attribute-beside",
                "<list chef='DUPONT'><item><id>P0001</id></item></list>",
                Unnamed,
                false,
            ),
            ("text", "<list>DUPONT</list>", Unnamed, false),
            (
                "declared",
                "<!DOCTYPE l [<!ENTITY x 'P0001'>]><list><item><id>&x;</id></item></list>",
                Unnamed,
                false,
            ),
            ("cut", "<list><item><nom>DUPONT</nom>", Unnamed, false),
            (
                "html",
                "<html><body><p>DUPONT</body></html>",
                Unnamed,
                false,
            ),
        ],
    )
}
