package scalar

import (
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// stemmer returns what finds the stem of a word in a language by Trino's name for it.
func stemmer(language string) (func(*snowballstem.Env) bool, error) {
	switch language {
	case "da":
		return danish.Stem, nil
	case "de":
		return german.Stem, nil
	case "en":
		return english.Stem, nil
	case "es":
		return spanish.Stem, nil
	case "fi":
		return finnish.Stem, nil
	case "fr":
		return french.Stem, nil
	case "hu":
		return hungarian.Stem, nil
	case "ir":
		return irish.Stem, nil
	case "it":
		return italian.Stem, nil
	case "nl":
		return dutch.Stem, nil
	case "no":
		return norwegian.Stem, nil
	case "pt":
		return portuguese.Stem, nil
	case "ro":
		return romanian.Stem, nil
	case "ru":
		return russian.Stem, nil
	case "sv":
		return swedish.Stem, nil
	case "tr":
		return turkish.Stem, nil
	case "ca", "eu", "hy", "lt":
		return nil, sqlerr.Refused("word_stem of the language " + language)
	default:
		return nil, sqlerr.Argument("Unknown stemmer language: %s", language)
	}
}

// wordStem is word_stem(word) of English, and word_stem(word, language).
func wordStem(args []any) (any, error) {
	language := "en"
	if len(args) > 1 {
		language = value.As[string](args[1])
	}
	stem, err := stemmer(language)
	if err != nil {
		return nil, err
	}
	env := snowballstem.NewEnv(value.As[string](args[0]))
	stem(env)
	return env.Current(), nil
}

var wordStemBinder = either(on(wordStem, datatype.Varchar), on(wordStem, datatype.Varchar, datatype.Varchar))
