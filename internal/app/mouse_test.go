package app

import "testing"

func TestTheMouseIsNotTakenInScreenUnlessOneSaysSo(t *testing.T) {
	for _, x := range []struct {
		setting, sty string
		want         bool
	}{{"auto", "", true}, {"auto", "1.pts-0.host", false}, {"on", "1.pts-0.host", true}, {"off", "", false}} {
		if got := mouse(x.setting, func(string) string { return x.sty }); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
	}
}
