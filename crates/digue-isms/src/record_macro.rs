//! The macro that declares records: one declaration gives the struct and the list of its fields.

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($field:ident $label:literal $cell:ty $([$need:ident])?,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Debug, Default)]
            pub struct $name { $(pub $field: $cell,)+ }

            impl RegisterRecord for $name {
                const KIND: RegisterKind = RegisterKind::$name;

                fn fields() -> &'static [FieldDef] {
                    const FIELDS: &[FieldDef] = &[$(FieldDef {
                        code: $label,
                        shape: <$cell as FieldValue>::SHAPE,
                        is_needed: records!(@need $($need)?),
                    },)+];
                    FIELDS
                }

                fn read(values: &Values) -> Result<Self, Vec<FieldFault>> {
                    let mut faults = Vec::new();
                    let mut record = Self::default();
                    $(
                        let texts = values.get($label).map_or(&[][..], Vec::as_slice);
                        match <$cell as FieldValue>::read(texts) {
                            Ok(cell) if records!(@need $($need)?) && cell.write().is_empty() => {
                                faults.push(FieldFault { field: $label, unfit: FieldError::Missing });
                            }
                            Ok(cell) => record.$field = cell,
                            Err(unfit) => faults.push(FieldFault { field: $label, unfit }),
                        }
                    )+
                    if faults.is_empty() { Ok(record) } else { Err(faults) }
                }

                fn write(&self) -> Values {
                    let mut values = Values::new();
                    $(
                        let texts = self.$field.write();
                        if !texts.is_empty() {
                            values.insert($label.to_owned(), texts);
                        }
                    )+
                    values
                }
            }
        )+
    };
    (@need needed) => { true };
    (@need) => { false };
}
