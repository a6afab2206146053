package check

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func view() output.View[requisites.Result] {
	type result = requisites.Result
	// problem gives the field of the problem, or nothing when there is none.
	problem := func(get func(*requisites.Problem) any) func(result) any {
		return func(r result) any {
			if r.Problem == nil {
				return nil
			}
			return get(r.Problem)
		}
	}
	return output.View[result]{Fields: []output.Field[result]{
		{Name: "kind", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(r result) any { return r.Kind.String() }},
		{Name: "input", Title: i18n.Text{RU: "Значение", EN: "Value"}, Value: func(r result) any { return r.Input }},
		{Name: "normalised", Title: i18n.Text{RU: "Без разделителей", EN: "Normalised"}, Value: func(r result) any { return r.Normalised }},
		{Name: "verdict", Title: i18n.Text{RU: "Итог", EN: "Verdict"}, Value: func(r result) any { return verdict(r.Verdict) }},
		{Name: "code", Title: i18n.Text{RU: "Код ошибки", EN: "Error code"}, Value: problem(func(p *requisites.Problem) any { return p.Code })},
		{Name: "message", Title: i18n.Text{RU: "Что не так", EN: "What is wrong"}, Value: problem(func(p *requisites.Problem) any { return p.Message() })},
		{Name: "hint", Title: i18n.Text{RU: "Подсказка", EN: "Hint"}, Value: problem(func(p *requisites.Problem) any { return p.Hint() })},
		{Name: "position", Title: i18n.Text{RU: "Знак", EN: "Character"}, Value: problem(func(p *requisites.Problem) any { return p.Position })},
		{Name: "found", Title: i18n.Text{RU: "Стоит", EN: "Found"}, Value: problem(func(p *requisites.Problem) any { return p.Found })},
		{Name: "expected", Title: i18n.Text{RU: "Ожидалось", EN: "Expected"}, Value: problem(func(p *requisites.Problem) any { return p.Expected })},
		{Name: "slip", Title: i18n.Text{RU: "Вероятная описка", EN: "Likely slip"}, Value: problem(func(p *requisites.Problem) any { return string(p.Slip) })},
		{Name: "suggestion", Title: i18n.Text{RU: "Вероятно", EN: "Probably"}, Value: problem(func(p *requisites.Problem) any { return p.Suggestion })},
		{Name: "details", Title: i18n.Text{RU: "О нём", EN: "Details"}, Value: func(r result) any { return details(r) }},
	}, Default: []string{"input", "verdict", "message", "hint", "details"}}
}

func verdict(v requisites.Verdict) output.Dual {
	t := i18n.Text{RU: "не проверяется", EN: "not checkable"}
	switch v {
	case requisites.VerdictValid:
		t = i18n.Text{RU: "верно", EN: "valid"}
	case requisites.VerdictInvalid:
		t = i18n.Text{RU: "неверно", EN: "invalid"}
	}
	return output.Dual{Machine: string(v), Human: t}
}

// details lists what a value says about itself: an object for machines, one
// line for people.
func details(r requisites.Result) any {
	if len(r.Details) == 0 {
		return nil
	}
	machine := make(map[string]string, len(r.Details))
	var ru, en string
	for _, d := range r.Details {
		machine[d.Name] = d.Value
		if d.Value == "" {
			machine[d.Name] = d.Meaning.EN
		}
		said := d.Value
		if machineWord(said) && d.Meaning.RU != "" {
			said = "" // the meaning says it to people
		}
		ru, en = join(ru, said, d.Meaning.RU), join(en, said, d.Meaning.EN)
	}
	return output.Dual{Machine: machine, Human: i18n.Text{RU: ru, EN: en}}
}

// machineWord reports whether a value is a word for programs, such as "person",
// and not a part of the number.
func machineWord(v string) bool {
	return v != "" && strings.Trim(v, "abcdefghijklmnopqrstuvwxyz-") == ""
}

func join(line, value, meaning string) string {
	switch {
	case value == "" || meaning == "":
		value += meaning
	default:
		value += " " + meaning
	}
	if line == "" {
		return value
	}
	return line + "; " + value
}
