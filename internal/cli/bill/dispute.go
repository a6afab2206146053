package bill

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func newDispute(f *factory.Factory) *cobra.Command {
	var out output.Options
	var req wire.DisputeRequest
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "dispute УИН", EN: "dispute УИН"}.In(f.Lang),
		Short: i18n.Text{RU: "Оспорить начисление", EN: "Dispute a charge"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Отправляет возражение ведомству. Повтор той же команды найдёт то же обращение, а не подаст второе. Ответ виден в epgu bill view.",
			EN: "Sends an objection to the department. Repeating the command finds the same dispute and files no second one. The answer shows in epgu bill view."}.In(f.Lang),
		Example: "  epgu bill dispute 18810177170325189254 --reason not-mine --text 'Машина продана 01.02.2026'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			if err := checkDispute(req); err != nil {
				return err
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			// The key follows from the words, so a repetition after a lost answer
			// is the same dispute.
			sum := sha256.Sum256([]byte(uin + "\x00" + req.Reason + "\x00" + req.Text))
			d, err := c.Cabinet.DisputeCharge(cmd.Context(), uin, hex.EncodeToString(sum[:16]), req)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, disputeView(), *d)
		},
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", i18n.Text{RU: "причина: not-mine (не моё), paid (оплачено), amount (сумма), other", EN: "the reason: not-mine, paid, amount or other"}.In(f.Lang))
	cmd.Flags().StringVar(&req.Text, "text", "", i18n.Text{RU: "что вы возражаете", EN: "what you object"}.In(f.Lang))
	output.AddFlags(cmd, &out, disputeView(), f.Lang)
	return cmd
}

func checkDispute(req wire.DisputeRequest) error {
	var fields []fault.Field
	switch req.Reason {
	case "not-mine", "paid", "amount", "other":
	default:
		fields = append(fields, fault.Field{Name: "--reason", Message: i18n.Say("одно из: not-mine, paid, amount, other", "one of: not-mine, paid, amount, other")})
	}
	if strings.TrimSpace(req.Text) == "" {
		fields = append(fields, fault.Field{Name: "--text", Message: i18n.Say("нужно указать", "is required")})
	}
	if len(fields) == 0 {
		return nil
	}
	e := fault.New(exitcode.Usage, "dispute.invalid", i18n.Say("возражение не отправлено", "the dispute was not sent"))
	e.Fields = fields
	return e
}

func disputeView() output.View[wire.Dispute] {
	return output.View[wire.Dispute]{Fields: []output.Field[wire.Dispute]{
		{Name: "id", Title: i18n.Text{RU: "Обращение", EN: "Dispute"}, Value: func(d wire.Dispute) any { return d.ID }},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(d wire.Dispute) any { return d.UIN }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(d wire.Dispute) any { return disputeState(d.State) }},
		{Name: "filedAt", Title: i18n.Text{RU: "Подано", EN: "Filed"}, Value: func(d wire.Dispute) any { return d.FiledAt }},
		{Name: "answerBy", Title: i18n.Text{RU: "Ответ до", EN: "Answer by"}, Value: func(d wire.Dispute) any { return output.Date(d.AnswerBy) }},
		{Name: "answer", Title: i18n.Text{RU: "Ответ", EN: "Answer"}, Value: func(d wire.Dispute) any { return d.Answer }, Wide: true},
	}}
}

func disputeState(s string) output.Dual {
	t := i18n.Text{RU: s, EN: s}
	switch s {
	case "filed":
		t = i18n.Text{RU: "подано, ждёт ответа", EN: "filed, waits for the answer"}
	case "granted":
		t = i18n.Text{RU: "удовлетворено", EN: "granted"}
	case "rejected":
		t = i18n.Text{RU: "отклонено", EN: "rejected"}
	}
	return output.Dual{Machine: s, Human: t}
}
