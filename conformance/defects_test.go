package conformance_test

import (
	"regexp"

	"github.com/sillok/sillok/internal/sql/replaytest"
)

// defects are failures inside Trino that no statement is to blame for, by the whole of
// their messages, each with what Trino does. Where it fails so, another answer is not wrong.
var defects = []struct {
	message *regexp.Regexp
	why     string
}{
	{regexp.MustCompile(`^java\.lang\.RuntimeException: java\.lang\.IllegalArgumentException: Unknown java type class io\.trino\.spi\.block\.SqlMap$`), "looks up a map in a map by a class that it does not know"},
	{regexp.MustCompile(`^Character count exceeds length limit \d+: base64:\S*$`), "makes a text that is longer than its own type"},
	{regexp.MustCompile(`^Slice representing Char should not have trailing spaces$`), "makes a char with the spaces that char has not"},
	{regexp.MustCompile(`^Index 38 out of bounds for length 38$`), "rounds decimal(38,38) by a power of ten that it has not"},
	{regexp.MustCompile(`^Internal error$`), "hands a NULL that TRY made to NULLIF, while it interprets, as a list's element"},
	{regexp.MustCompile(`^Java heap space$`), "allocates what a text is to be filled up to before it looks at the length"},
	{regexp.MustCompile(`^illegal state: Continued fraction diverged to NaN for value \S+$`), "lets the library of a distribution fail"},
	{regexp.MustCompile(`^Unexpected expression: \((\w+::\[.*\](, )?)+\) -> `), "cannot plan reduce_agg beside an aggregate of DISTINCT values, as it asks what its lambda refers to"},
	{regexp.MustCompile(`^SignatureBinder\.iterativeSolve does not converge after \d+ iterations\.$`), "gives up on the type of a state that a lambda changes, instead of telling which parameters do not fit"},
	{regexp.MustCompile(`^Improper Java type \(java\.lang\.Integer\) for type 'time\(\d+\)'$`), "casts midnight, which a time is compared with, to a number of another kind"},
	{regexp.MustCompile(`^Decimal overflow$`), "adds what is left over of a sum of decimals in another unit, where it makes an average of them"},
	{regexp.MustCompile(`^argumentType unknown should not be UNKNOWN$`), "cannot compile a function of NULL alone"},
}

// defect says which failure of Trino's own its answer is; it is empty for all others.
func defect(q replaytest.Question) string {
	if q.Error != "GENERIC_INTERNAL_ERROR" && q.Error != "COMPILER_ERROR" {
		return ""
	}
	for _, d := range defects {
		if d.message.MatchString(q.Message) {
			return d.why
		}
	}
	return ""
}
