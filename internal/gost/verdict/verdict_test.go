package verdict

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestOneFailureOutweighsAnyDoubt(t *testing.T) {
	no := Failed("a", i18n.Say("а", "a"))
	doubt := Unsure("b", i18n.Say("б", "b"))
	for _, c := range []struct {
		reasons []Reason
		want    Status
	}{
		{nil, Valid},
		{[]Reason{doubt}, CannotTell},
		{[]Reason{no}, Invalid},
		{[]Reason{doubt, no}, Invalid},
		{[]Reason{no, doubt}, Invalid},
	} {
		if got := Of(c.reasons); got != c.want {
			t.Errorf("%v: got %v, want %v", c.reasons, got, c.want)
		}
	}
	var never Status
	if never == Valid {
		t.Error("a check that was never made counts as passed")
	}
}
