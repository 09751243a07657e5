//! Readability of a text: the Flesch score, for French in the form of Kandel and Moles.
//!
//! 100 is a children's book, 60 and more is plain language, below 30 is for specialists. French:
//! Kandel and Moles 1958, `207 - 1.015 words per sentence - 73.6 syllables per word`; English:
//! Flesch 1948, `206.835 - 1.015 words per sentence - 84.6 syllables per word`. Syllables are
//! counted by groups of vowels, which is within a tenth of a dictionary's count.

/// The counts of a text, and its score.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Readability {
    pub words: usize,
    pub sentences: usize,
    pub syllables: usize,
    /// 0 to 100; higher is easier.
    pub score: f64,
    /// Words of the longest sentence.
    pub longest_sentence: usize,
}

/// Minimum score of a notice.
pub const PLAIN: f64 = 60.0;
/// Minimum score of the easy-to-read form.
pub const EASY: f64 = 75.0;

/// Measures a text; `is_french` chooses the formula.
pub fn measure(text: &str, is_french: bool) -> Readability {
    let (mut words, mut sentences, mut syllables, mut longest) = (0, 0, 0, 0);
    // Headings and list items have no full stop: each line is a sentence of its own.
    for sentence in text.split(['.', '!', '?', ';', ':', '\n']) {
        let mut in_sentence = 0;
        for word in sentence
            .split(|sign: char| !sign.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            in_sentence += 1;
            syllables += syllables_of(word, is_french);
        }
        if in_sentence > 0 {
            words += in_sentence;
            sentences += 1;
            longest = longest.max(in_sentence);
        }
    }
    let (per_sentence, per_word) = match (words, sentences) {
        // Without this, an empty text would divide by zero.
        (0, _) | (_, 0) => (0.0, 0.0),
        _ => (
            words as f64 / sentences as f64,
            syllables as f64 / words as f64,
        ),
    };
    let score = match (words, is_french) {
        (0, _) => 100.0,
        (_, true) => 207.0 - 1.015 * per_sentence - 73.6 * per_word,
        (_, false) => 206.835 - 1.015 * per_sentence - 84.6 * per_word,
    };
    Readability {
        words,
        sentences,
        syllables,
        score: score.clamp(0.0, 100.0),
        longest_sentence: longest,
    }
}

fn syllables_of(word: &str, is_french: bool) -> usize {
    let lower = word.to_lowercase();
    let is_vowel = |sign: char| "aeiouyàâäéèêëîïôöùûüœæ".contains(sign);
    let mut groups = 0;
    let mut was_vowel = false;
    for sign in lower.chars() {
        let now = is_vowel(sign);
        groups += usize::from(now && !was_vowel);
        was_vowel = now;
    }
    // A final e or es is usually silent in both languages, as is French ent and English ed.
    let endings: &[&str] = if is_french {
        &["e", "es", "ent"]
    } else {
        &["e", "es", "ed"]
    };
    let is_silent = endings.iter().any(|ending| {
        lower
            .strip_suffix(ending)
            .is_some_and(|stem| stem.chars().next_back().is_some_and(|s| !is_vowel(s)))
    });
    if is_silent && groups > 1 {
        groups - 1
    } else {
        groups.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_and_sentences_are_easy_and_long_ones_are_not() {
        let easy =
            "Quelqu'un a lu vos données. Ce n'est pas votre faute. Changez votre mot de passe.";
        let hard = "L'exfiltration susmentionnée, consécutive à la compromission d'identifiants d'authentification \
                    appartenant à une organisation partenaire habilitée, est susceptible d'occasionner \
                    ultérieurement des tentatives d'hameçonnage particulièrement élaborées.";
        assert!(
            measure(easy, true).score > 75.0,
            "{:?}",
            measure(easy, true)
        );
        assert!(
            measure(hard, true).score < 20.0,
            "{:?}",
            measure(hard, true)
        );
        let english = "Someone read your data. It is not your fault. Change your password.";
        assert!(
            measure(english, false).score > 75.0,
            "{:?}",
            measure(english, false)
        );
    }

    #[test]
    fn nothing_is_easy_to_read() {
        assert!((measure("", true).score - 100.0).abs() < f64::EPSILON);
        assert_eq!(measure("\n\n...", false).sentences, 0);
    }
}
