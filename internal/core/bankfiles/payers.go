package bankfiles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// MaxPayers bounds a file of payers, and maxPayersFile its bytes.
const (
	MaxPayers     = 1_000
	maxPayersFile = 1 << 20
)

// CodePayers is the code of a file of payers with errors.
const CodePayers = "bankroad.payers"

// payerKeys are the members of a payer, in the order of the sample.
var payerKeys = [...]string{"name", "inn", "kpp", "account", "bik", "bank", "corr", "status"}

// PayersSample is a file of payers to be filled in. Its numbers are made up and pass
// the checks.
func PayersSample(l i18n.Lang) string {
	name := i18n.Text{RU: "ООО «Пример»", EN: "ООО «Пример» (a made-up company)"}.In(l)
	return `[
  {
    "name": "` + name + `",
    "inn": "7707083893",
    "kpp": "773001001",
    "account": "40702810138250123017",
    "bik": "044525225",
    "bank": "ПАО СБЕРБАНК",
    "corr": "30101810400000000225",
    "status": ""
  }
]
`
}

// ParsePayers reads a file of payers: the accounts that payment orders are drawn on,
// as a JSON list of objects with the members name, inn, kpp, account, bik, bank, corr
// and status, all strings. All errors are returned at once, as fields of one
// *fault.Error that names the payer's place in the list and the member.
func ParsePayers(data []byte) ([]Payer, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(data) > maxPayersFile {
		return nil, badPayers(i18n.Say("он больше 1 МиБ", "it is larger than 1 MiB"))
	}
	var list []map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&list); err != nil {
		return nil, badPayers(notAList(data, err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, badPayers(i18n.Say("после списка есть что-то ещё", "something follows the list"))
	}
	if len(list) == 0 {
		return nil, badPayers(i18n.Say("в нём нет ни одного счёта", "it holds no account"))
	}
	if len(list) > MaxPayers {
		return nil, badPayers(i18n.Text{RU: "в нём больше %d счетов", EN: "it holds more than %d accounts"}.With(MaxPayers))
	}
	payers := make([]Payer, len(list))
	var faults []fault.Field
	for i, members := range list {
		r := payerReader{n: i + 1, members: members}
		payers[i] = r.read()
		if j := slices.IndexFunc(payers[:i], func(p Payer) bool { return p.Account == payers[i].Account }); j >= 0 && payers[i].Account != "" {
			r.fault("account", i18n.Text{RU: "этот счёт уже назван, счёт %d", EN: "this account is named already, by account %d"}.With(j+1))
		}
		faults = append(faults, r.faults...)
	}
	if len(faults) > 0 {
		f := badPayers(i18n.Text{RU: "ошибок: %d", EN: "errors: %d"}.With(len(faults)))
		f.Fields = faults
		return nil, f
	}
	return payers, nil
}

func badPayers(what i18n.Localised) *fault.Error {
	return fault.New(exitcode.Usage, CodePayers, i18n.Text{RU: "файл счетов плательщика не подходит: %s", EN: "the file of the payer's accounts cannot be used: %s"}.With(what)).
		Advise(i18n.Say("образец: epgu batch template --format payers -o accounts.json", "a sample: epgu batch template --format payers -o accounts.json"))
}

// notAList says in words why a file is no list of objects.
func notAList(data []byte, err error) i18n.Localised {
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return i18n.Say("он пуст", "it is empty")
	case errors.As(err, &typed):
		return i18n.Text{RU: "нужен список объектов в [ ], а в строке %d — %s", EN: "a list of objects in [ ] is needed, and line %d has a %s"}.With(lineOf(data, typed.Offset), jsonKind(typed.Value))
	case errors.As(err, &syntax):
		return i18n.Text{RU: "это не JSON: ошибка в строке %d", EN: "it is no JSON: an error in line %d"}.With(lineOf(data, syntax.Offset))
	}
	return i18n.Say("JSON обрывается раньше конца", "the JSON ends too early")
}

// jsonKind names a kind of JSON value, which encoding/json names in English alone.
func jsonKind(name string) i18n.Text {
	word, _, _ := strings.Cut(name, " ") // "number 1e3"
	switch word {
	case "object":
		return i18n.Text{RU: "объект", EN: "object"}
	case "array":
		return i18n.Text{RU: "список", EN: "list"}
	case "string":
		return i18n.Text{RU: "строка", EN: "string"}
	case "number":
		return i18n.Text{RU: "число", EN: "number"}
	case "bool":
		return i18n.Text{RU: "true или false", EN: "true or false"}
	}
	return i18n.Text{RU: name, EN: name}
}

func lineOf(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:max(0, min(offset, int64(len(data))))], []byte("\n"))
}

// payerReader reads one payer and keeps what is wrong with it.
type payerReader struct {
	n       int
	members map[string]json.RawMessage
	faults  []fault.Field
}

func (r *payerReader) fault(member string, why i18n.Message) {
	r.faults = append(r.faults, fault.Field{Name: fmt.Sprintf("%d.%s", r.n, member), Message: why})
}

func (r *payerReader) read() Payer {
	if r.members == nil {
		r.fault("", i18n.Say("нужен объект { }", "an object { } is needed"))
		return Payer{}
	}
	for key := range r.members {
		if !slices.Contains(payerKeys[:], key) {
			r.fault(untrusted.Clean(key), i18n.Text{RU: "такого поля нет; есть: %s", EN: "there is no such member; there are: %s"}.With(strings.Join(payerKeys[:], ", ")))
		}
	}
	slices.SortFunc(r.faults, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
	p := Payer{Name: r.text("name", true), INN: r.text("inn", true), KPP: r.text("kpp", false), Account: r.text("account", true), BIK: r.text("bik", true),
		Bank: r.text("bank", false), Corr: r.text("corr", false), Status: r.text("status", false)}
	checked(r, "inn", p.INN, requisites.ParseINN)
	checked(r, "kpp", p.KPP, requisites.ParseKPP)
	bik := checked(r, "bik", p.BIK, requisites.ParseBIK)
	at := func(s string) (requisites.Account, error) { return requisites.ParseAccountAt(s, bik) }
	checked(r, "account", p.Account, at)
	checked(r, "corr", p.Corr, at)
	if p.Status != "" {
		checked(r, "status", p.Status, requisites.ParseDrawerStatus)
	}
	return p
}

// text reads a member that is a string.
func (r *payerReader) text(key string, needed bool) string {
	raw, there := r.members[key]
	var s string
	switch {
	case there && json.Unmarshal(raw, &s) != nil:
		why := i18n.Say("нужна строка в кавычках", "a string in quotation marks is needed")
		if _, err := strconv.ParseFloat(string(raw), 64); err == nil {
			why = i18n.Say("номер пишут в кавычках: числом он теряет нули", "a number is written in quotation marks: as a number it loses digits")
		}
		r.fault(key, why)
		return ""
	case needed && strings.TrimSpace(s) == "":
		r.fault(key, i18n.Say("не заполнено", "it is not filled in"))
	}
	return strings.TrimSpace(s)
}

func checked[T any](r *payerReader, key, value string, parse func(string) (T, error)) (v T) {
	if value == "" {
		return v
	}
	v, err := parse(value)
	var p *requisites.Problem
	if errors.As(err, &p) {
		f := p.Field(fmt.Sprintf("%d.%s", r.n, key))
		r.faults = append(r.faults, f)
	} else if err != nil {
		r.fault(key, i18n.Say(err.Error(), err.Error()))
	}
	return v
}
