//! Limits on the cost of an inspection.

/// Limits on the cost of one inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InspectionLimits {
    /// Bytes after decompression.
    pub decoded_bytes_max: usize,
    /// Distinct identifiers.
    pub identifiers_max: usize,
}

impl Default for InspectionLimits {
    fn default() -> Self {
        Self {
            decoded_bytes_max: 16 << 20,
            identifiers_max: 100_000,
        }
    }
}
