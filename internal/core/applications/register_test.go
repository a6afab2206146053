package applications

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func appeal(t *testing.T) *forms.Form {
	t.Helper()
	form, err := forms.Parse("90000000012", "1", []byte(`{"type":"object","properties":{"subject":{"type":"string"},"text":{"type":"string"}},"required":["subject"]}`))
	if err != nil {
		t.Fatal(err)
	}
	return form
}

func TestARegisterComesBackWithWhatBecameOfEachLineAndIsReadAgain(t *testing.T) {
	documents := []cabinet.Document{{Name: "evidence"}}
	r, err := ReadRegister(strings.NewReader("subject;text;evidence;region\r\nОдин;\"a;b\";a.pdf;40000000000\r\nДва;x;;\r\nТри;y\r\n"), appeal(t), documents)
	if err != nil || len(r.Rows) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	if row := r.Rows[0]; strings.Join(row.Pairs, "|") != "subject=Один|text=a;b" || strings.Join(row.Attach, "|") != "evidence=a.pdf" || row.Region != "40000000000" || row.Line != 2 {
		t.Errorf("%+v", row)
	}
	lines := []Line{{OrderID: 7, Outcome: Sent}, {Outcome: Rejected, Err: fault.New(exitcode.Refused, "x", i18n.Say("нельзя; совсем", "no; never"))}, {OrderID: 9, Outcome: Unclear}}
	var b bytes.Buffer
	if err := r.Write(&b, lines, i18n.EN); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffsubject;text;evidence;region;orderId;state;error\r\nОдин;\"a;b\";a.pdf;40000000000;7;sent;\r\nДва;x;;;;refused;\"no; never\"\r\nТри;y;;;;unknown;\r\n"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
	again, err := ReadRegister(&b, appeal(t), documents)
	if err != nil || again.Rows[0].OrderID != 7 || again.Rows[1].OrderID != 0 {
		t.Fatalf("%+v, %v", again, err)
	}
	var c bytes.Buffer
	if err := again.Write(&c, lines, i18n.EN); err != nil || c.String() != want {
		t.Errorf("the second time: %q, %v", c.String(), err)
	}
}

func TestWhatARegisterSaysUnclearlyIsToldAtOnce(t *testing.T) {
	for text, code := range map[string]string{
		"subject;colour;subject;\r\n1;2;3;4\r\n": "register.columns",
		"subject;orderId\r\n1;x\r\n2;0\r\n":      "register.lines",
		"subject\r\n":                            "register.empty",
	} {
		_, err := ReadRegister(strings.NewReader(text), appeal(t), nil)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != code || f.Exit != exitcode.Usage || code != "register.empty" && len(f.Fields) < 2 {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestALargeRegisterTakesTheTimeOfThePortalsLimit(t *testing.T) {
	for n, want := range map[int]string{1: "0s", 20: "0s", 21: "10m0s", 40: "10m0s", 41: "20m0s", 1000: "8h10m0s"} {
		if got := LeastTime(n).String(); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
