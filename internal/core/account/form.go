package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// maxForm bounds a form of the profile, bytes.
const maxForm = 256 << 10

// ReadForm reads an edit from JSON in the shape of "profile view --json": the
// same file may be saved, edited and given back. What cannot be edited is taken
// only as it is in p. Every mistake is told at once.
func ReadForm(r io.Reader, p wire.Profile) (Edit, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxForm+1))
	if err != nil {
		return Edit{}, fmt.Errorf("read the form: %w", err)
	}
	if len(raw) > maxForm {
		return Edit{}, badForm(i18n.Text{RU: "файл больше %d байт", EN: "the file has more than %d bytes"}.With(maxForm))
	}
	var fields map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(&fields); err != nil {
		return Edit{}, badForm(i18n.Text{RU: "это не объект JSON: %s", EN: "this is no JSON object: %s"}.With(untrusted.Text(jsonError(raw, err))))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Edit{}, badForm(i18n.Say("после объекта JSON есть ещё что-то", "something follows the JSON object"))
	}
	var e Edit
	var bad []fault.Field
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if m := e.take(name, fields[name], p); !m.IsZero() {
			bad = append(bad, fault.Field{Name: untrusted.Clean(name), Message: m})
		}
	}
	if len(bad) > 0 {
		f := badForm(i18n.Say("в форме профиля есть ошибки", "the form of the profile has mistakes"))
		f.Fields = bad
		return Edit{}, f.Advise(i18n.Text{RU: "образец: %s", EN: "a pattern: %s"}.With("epgu profile view --json"))
	}
	return e, nil
}

func badForm(m i18n.Message) *fault.Error { return fault.New(exitcode.Usage, "profile.form", m) }

// jsonError says where JSON is broken, by line.
func jsonError(raw []byte, err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at := min(int(syntax.Offset), len(raw))
		return fmt.Sprintf("%d:%d %v", 1+bytes.Count(raw[:at], []byte("\n")), max(1, at-bytes.LastIndexByte(raw[:at], '\n')-1), err)
	}
	return err.Error()
}

// formDocument is a document of a form; verified is taken from a printed
// profile and means nothing here.
type formDocument struct {
	wire.DocumentEdit
	Verified bool `json:"verified,omitempty"`
}

// take reads one field; the message says what is wrong with it.
func (e *Edit) take(name string, raw json.RawMessage, p wire.Profile) i18n.Message {
	text := func(into **string) i18n.Message {
		if string(raw) == "null" {
			return i18n.Message{}
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return i18n.Say("нужна строка", "a text is needed")
		}
		s = strings.TrimSpace(s)
		*into = &s
		return i18n.Message{}
	}
	switch name {
	case "lastName":
		return text(&e.LastName)
	case "firstName":
		return text(&e.FirstName)
	case "middleName":
		return text(&e.MiddleName)
	case "birthDate":
		return text(&e.BirthDate)
	case "gender":
		return text(&e.Gender)
	case "birthPlace":
		return text(&e.BirthPlace)
	case "inn":
		return text(&e.INN)
	case "mobile", "email":
		var s *string
		m := text(&s)
		if s != nil && name == "mobile" {
			e.Mobile = *s
		} else if s != nil {
			e.Email = *s
		}
		return m
	case "addresses":
		if err := strictly(raw, &e.Addresses); err != nil {
			return wrongList(err)
		}
		return i18n.Message{}
	case "documents":
		var list []formDocument
		if err := strictly(raw, &list); err != nil {
			return wrongList(err)
		}
		for _, d := range list {
			e.Documents = append(e.Documents, d.DocumentEdit)
		}
		return i18n.Message{}
	}
	return readOnly(name, raw, p)
}

func strictly(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func wrongList(err error) i18n.Message {
	return i18n.Text{RU: "нужен список, как в profile view --json: %s", EN: "a list as in profile view --json is needed: %s"}.With(untrusted.Text(err.Error()))
}

// readOnly takes what a printed profile holds and nobody edits, as long as it
// is unchanged.
func readOnly(name string, raw json.RawMessage, p wire.Profile) i18n.Message {
	var is any
	switch name {
	case "oid":
		is = p.OID
	case "snils":
		is = p.SNILS
	case "level":
		is = p.Level
	case "recheck":
		is = p.Recheck
	case "citizenship":
		is = p.Citizenship
	case "children":
		is = p.Children
	case "vehicles":
		is = p.Vehicles
	case "role", "orgOid", "orgName":
		return i18n.Message{} // of the session, not of the person
	default:
		return i18n.Say("такого поля в профиле нет", "the profile has no such field")
	}
	same, err := json.Marshal(is)
	var a, b any
	if err == nil && json.Unmarshal(same, &a) == nil && json.Unmarshal(raw, &b) == nil && (equal(a, b) || b == nil) {
		return i18n.Message{}
	}
	return i18n.Say("это не правится: данные приходят из реестров", "this cannot be edited: it comes from the registers")
}

// equal compares two decoded values of JSON; what is absent equals what is
// empty.
func equal(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	empty := func(s string) bool { return s == `""` || s == "null" || s == "[]" }
	return err == nil && err2 == nil && (string(x) == string(y) || empty(string(x)) && empty(string(y)))
}
