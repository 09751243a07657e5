//! Enums with stable codes. The code is stored and exported; its words in each language are in the
//! locales, under the prefix of the list followed by the code.

/// A value of a closed list.
pub trait Listed: Copy + Sized + 'static {
    /// Prefix of its locale keys.
    const PREFIX: &'static str;
    /// All codes, in the order of the variants.
    const CODES: &'static [&'static str];

    fn code(self) -> &'static str;

    fn parse(code: &str) -> Option<Self>;
}

/// Declares closed lists: `Name "prefix" { Variant "code", ... }`. Serialised as the code; the
/// crate that uses the macro must depend on serde.
#[macro_export]
macro_rules! lists {
    ($($(#[$list:meta])* $name:ident $prefix:literal { $($(#[$doc:meta])* $variant:ident $code:literal,)+ })+) => {$(
        $(#[$list])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Prefix of its locale keys.
            pub const PREFIX: &'static str = $prefix;

            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The locale key of its name.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => concat!($prefix, "-", $code),)+ }
            }
        }

        impl $crate::list::Listed for $name {
            const PREFIX: &'static str = $prefix;
            const CODES: &'static [&'static str] = &[$($code),+];

            fn code(self) -> &'static str {
                Self::code(self)
            }

            fn parse(code: &str) -> Option<Self> {
                Self::parse(code)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let code = <String as serde::Deserialize>::deserialize(from)?;
                Self::parse(&code).ok_or_else(|| serde::de::Error::custom(concat!("no ", $prefix)))
            }
        }
    )+};
}
