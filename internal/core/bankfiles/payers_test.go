package bankfiles

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestTheSampleOfPayersIsAFileOfPayers(t *testing.T) {
	for _, l := range []i18n.Lang{i18n.RU, i18n.EN} {
		got, err := ParsePayers([]byte(PayersSample(l)))
		if err != nil || len(got) != 1 || got[0].INN != "7707083893" || got[0].Account != "40702810138250123017" || got[0].Corr != "30101810400000000225" {
			t.Errorf("%+v %v", got, err)
		}
	}
}

func TestWhatIsWrongWithAFileOfPayersIsSaidInWordsAndAllAtOnce(t *testing.T) {
	const good = `{"name":"ООО «Пример»","inn":"7707083893","account":"40702810138250123017","bik":"044525225"}`
	for name, c := range map[string]struct {
		file, says string
		fields     []string
	}{
		"nothing":         {"", "it is empty", nil},
		"no JSON":         {"name;inn\n", "error in line 1", nil},
		"cut off":         {"[\n" + good, "ends too early", nil},
		"one object":      {good, "a list of objects in [ ] is needed", nil},
		"an empty list":   {"[]", "no account", nil},
		"more behind":     {"[" + good + "] []", "something follows", nil},
		"null":            {"[null]", "errors: 1", []string{"1."}},
		"numbers":         {`[{"name":"x","inn":7707083893,"account":"40702810138250123017","bik":"044525225"}]`, "errors: 1", []string{"1.inn"}},
		"names of others": {`[{"Название":"x","inn":"7707083893","account":"40702810138250123017","bik":"044525225"}]`, "errors: 2", []string{"1.name", "1.Название"}},
		"nothing filled":  {`[{}]`, "errors: 4", []string{"1.account", "1.bik", "1.inn", "1.name"}},
		"wrong numbers": {`[` + good + `,{"name":"x","inn":"7707083894","kpp":"1","account":"40702810138250123018","bik":"044525225","corr":"30101810400000000226","status":"xyz"}]`,
			"errors: 5", []string{"2.account", "2.corr", "2.inn", "2.kpp", "2.status"}},
		"twice": {"[" + good + "," + good + "]", "errors: 1", []string{"2.account"}},
		"large": {strings.Repeat(" ", 1<<20+1), "larger than 1 MiB", nil},
	} {
		_, err := ParsePayers([]byte(c.file))
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != CodePayers || f.Exit != exitcode.Usage || f.Hint.IsZero() || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var names []string
		for _, x := range f.Fields {
			names = append(names, x.Name)
			if x.Message.In(i18n.RU) == "" || x.Message.In(i18n.EN) == "" {
				t.Errorf("%s: %s without words", name, x.Name)
			}
		}
		slices.Sort(names)
		if !slices.Equal(names, c.fields) {
			t.Errorf("%s: %v, want %v", name, names, c.fields)
		}
	}
	if _, err := ParsePayers([]byte("\xef\xbb\xbf[" + good + "]")); err != nil {
		t.Errorf("with a byte order mark: %v", err)
	}
}

func FuzzPayers(f *testing.F) {
	f.Add([]byte(PayersSample(i18n.RU)))
	f.Add([]byte(`[{"name":1,"x":null}]`))
	f.Add([]byte(`[[],{}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParsePayers(data)
		if err != nil {
			if fault.ExitOf(err) != exitcode.Usage || err.Error() == "" {
				t.Errorf("%v", err)
			}
			return
		}
		for _, p := range got {
			if p.Name == "" || len(p.Account) != 20 || len(p.BIK) != 9 {
				t.Errorf("%q gave %+v", data, p)
			}
		}
	})
}
