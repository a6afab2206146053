package sandbox

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// newMessages shows the phone and the mailbox of everybody, also of people who
// are only registering and so are not among the users yet.
func newMessages(f *factory.Factory) *cobra.Command {
	var out output.Options
	var to string
	view := output.View[wire.Message]{Fields: []output.Field[wire.Message]{
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(m wire.Message) any { return m.At }},
		{Name: "to", Title: i18n.Text{RU: "Кому", EN: "To"}, Value: func(m wire.Message) any { return m.To }},
		{Name: "kind", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(m wire.Message) any { return output.Dual{Machine: m.Kind, Human: messageKind(m.Kind)} }},
		{Name: "code", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(m wire.Message) any { return m.Code }},
		{Name: "text", Title: i18n.Text{RU: "Текст", EN: "Text"}, Value: func(m wire.Message) any { return m.Text }, Wide: true},
	}}
	cmd := &cobra.Command{
		Use:   "messages",
		Short: i18n.Text{RU: "СМС и письма учебным людям, в том числе коды регистрации", EN: "SMS and e-mail to demo people, codes of registrations too"}.In(f.Lang),
		Example: `  epgu sandbox messages
  epgu sandbox messages --to +79000000077 --jq '.items[0].code'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := everybodysMessages(cmd.Context(), f)
			if err != nil {
				return err
			}
			if to != "" {
				list = slices.DeleteFunc(list, func(m wire.Message) bool { return !sameRecipient(m.To, to) })
			}
			return output.List(f.IO, &out, view, list, output.Page{Total: len(list)})
		},
	}
	cmd.Flags().StringVar(&to, "to", "", i18n.Text{RU: "только на этот `телефон или адрес`", EN: "only to this `phone or address`"}.In(f.Lang))
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

// everybodysMessages returns the messages, newest first.
func everybodysMessages(ctx context.Context, f *factory.Factory) ([]wire.Message, error) {
	t, err := controls(ctx, f)
	if err != nil {
		return nil, err
	}
	list, err := t.StrangersMessages(ctx)
	if err != nil {
		return nil, err
	}
	users, err := t.Users(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		list = append(list, u.Messages...)
	}
	slices.SortStableFunc(list, func(a, b wire.Message) int { return b.At.Compare(a.At) })
	return list, nil
}

// sameRecipient compares addresses without case and phones by their digits.
func sameRecipient(a, b string) bool {
	if strings.Contains(b, "@") {
		return strings.EqualFold(a, b)
	}
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
	}
	return digits(a) != "" && digits(a) == digits(b)
}

func messageKind(kind string) i18n.Text {
	switch kind {
	case "sms":
		return i18n.Text{RU: "СМС", EN: "SMS"}
	case "email":
		return i18n.Text{RU: "письмо", EN: "e-mail"}
	}
	return i18n.Text{RU: kind, EN: kind}
}
