package profile

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func privacyView() output.View[wire.Privacy] {
	return output.View[wire.Privacy]{Fields: []output.Field[wire.Privacy]{
		{Name: "advertising", Title: i18n.Text{RU: "Реклама", EN: "Advertising"}, Value: func(p wire.Privacy) any { return p.Advertising }},
		{Name: "sharing", Title: i18n.Text{RU: "Передача данных", EN: "Sharing"}, Lines: true, Value: func(p wire.Privacy) any {
			return output.Dual{Machine: p.Sharing, Human: each(p.Sharing, sharingLine)}
		}},
	}}
}

func sharingLine(s wire.Sharing) i18n.Message {
	if s.Allowed {
		return i18n.Text{RU: "%s (%s): разрешено", EN: "%s (%s): allowed"}.With(s.Title, wire.Text(s.With))
	}
	return i18n.Text{RU: "%s (%s): запрещено", EN: "%s (%s): forbidden"}.With(s.Title, wire.Text(s.With))
}

func newPrivacy(f *factory.Factory) *cobra.Command {
	var out output.Options
	var allow, forbid []string
	var advertising bool
	var yes bool
	cmd := &cobra.Command{
		Use:   "privacy",
		Short: i18n.Text{RU: "Кому портал передаёт ваши данные, реклама, удаление устаревшего", EN: "Whom the portal gives your data, advertising, deletion of what is outdated"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Без флагов показывает выбор. --forbid и --allow берут получателей через запятую: banks, insurers, telecom, employers, systems или all. С --forbid systems ЕСИА не пустит вас ни в одну другую систему, а её сеансы закончатся.",
			EN: "Without flags shows the choice. --forbid and --allow take third parties comma-separated: banks, insurers, telecom, employers, systems or all. With --forbid systems ЕСИА signs you in to no other system, and their sessions end."}.In(f.Lang),
		Example: "  epgu profile privacy\n  epgu profile privacy --advertising=false --forbid banks,telecom --yes\n  epgu profile privacy delete documents",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			var edit wire.PrivacyEdit
			if cmd.Flags().Changed("advertising") {
				edit.Advertising = &advertising
			}
			if both := slices.IndexFunc(allow, func(s string) bool { return slices.Contains(forbid, s) }); both >= 0 {
				return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "«%s» и разрешён, и запрещён", EN: "%q is both allowed and forbidden"}.With(wire.Text(allow[both])))
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			p, err := c.Account.Privacy(ctx)
			if err != nil {
				return err
			}
			if edit.Sharing, err = sharing(p.Privacy, allow, forbid); err != nil {
				return err
			}
			if edit.Advertising == nil && len(edit.Sharing) == 0 {
				return output.Object(f.IO, &out, privacyView(), p.Privacy)
			}
			if allowed, given := edit.Sharing["systems"]; given && !allowed {
				if err := agreed(ctx, f, yes, i18n.Text{RU: "Закончить сеансы всех других систем?", EN: "End the sessions of every other system?"}); err != nil {
					return err
				}
			}
			now, err := c.Account.EditPrivacy(ctx, p, edit)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, privacyView(), *now)
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().BoolVar(&advertising, "advertising", false, say("получать рекламу; --advertising=false отключает", "get advertising; --advertising=false turns it off"))
	cmd.Flags().StringSliceVar(&forbid, "forbid", nil, say("не передавать данные этим `получателям`", "do not share the data with these `parties`"))
	cmd.Flags().StringSliceVar(&allow, "allow", nil, say("разрешить передавать данные этим `получателям`", "allow sharing the data with these `parties`"))
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, say("не спрашивать согласия", "do not ask for agreement"))
	output.AddFlags(cmd, &out, privacyView(), f.Lang)
	cmd.AddCommand(newDelete(f), newRequests(f))
	return cmd
}

// sharing reads --allow and --forbid; the portal's own list says what there is.
func sharing(p wire.Privacy, allow, forbid []string) (map[string]bool, error) {
	out := map[string]bool{}
	known := make([]string, len(p.Sharing))
	for i, s := range p.Sharing {
		known[i] = s.With
	}
	for _, given := range []struct {
		flag    string
		list    []string
		allowed bool
	}{{"--allow", allow, true}, {"--forbid", forbid, false}} {
		for _, with := range given.list {
			switch {
			case with == "all":
				for _, k := range known {
					out[k] = given.allowed
				}
			case slices.Contains(known, with):
				out[with] = given.allowed
			default:
				return nil, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "%s: нет получателя «%s»", EN: "%s: there is no party %q"}.With(given.flag, wire.Text(with))).
					Advise(i18n.Text{RU: "получатели: %s, all", EN: "the parties: %s, all"}.With(wire.Text(strings.Join(known, ", "))))
			}
		}
	}
	return out, nil
}

func deletionView() output.View[wire.DeletionRequest] {
	return output.View[wire.DeletionRequest]{Fields: []output.Field[wire.DeletionRequest]{
		{Name: "number", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(d wire.DeletionRequest) any { return d.Number }},
		{Name: "what", Title: i18n.Text{RU: "Что удалить", EN: "What to delete"}, Value: func(d wire.DeletionRequest) any { return outdated(d.What) }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(d wire.DeletionRequest) any { return deletionState(d.State) }},
		{Name: "createdAt", Title: i18n.Text{RU: "Подан", EN: "Filed"}, Value: func(d wire.DeletionRequest) any { return d.CreatedAt }},
		{Name: "answerBy", Title: i18n.Text{RU: "Ответ до", EN: "Answer by"}, Value: func(d wire.DeletionRequest) any { return d.AnswerBy }},
		{Name: "deleted", Title: i18n.Text{RU: "Удалено записей", EN: "Records deleted"}, Value: func(d wire.DeletionRequest) any { return d.Deleted }},
		{Name: "answer", Title: i18n.Text{RU: "Ответ", EN: "Answer"}, Value: func(d wire.DeletionRequest) any { return d.Answer }, Wide: true},
		{Name: "id", Title: i18n.Text{RU: "Идентификатор", EN: "Id"}, Value: func(d wire.DeletionRequest) any { return d.ID }},
	}, Default: []string{"number", "what", "state", "createdAt", "answerBy", "answer"}}
}

func outdated(what string) output.Dual {
	t := i18n.Text{RU: what, EN: what}
	switch what {
	case "documents":
		t = i18n.Text{RU: "истёкшие документы", EN: "expired documents"}
	case "messages":
		t = i18n.Text{RU: "сообщения старше полугода", EN: "messages older than half a year"}
	case "sign-ins":
		t = i18n.Text{RU: "входы старше полугода", EN: "sign-ins older than half a year"}
	}
	return output.Dual{Machine: what, Human: t}
}

func deletionState(s string) output.Dual {
	t := i18n.Text{RU: s, EN: s}
	switch s {
	case "accepted":
		t = i18n.Text{RU: "рассматривается", EN: "being looked at"}
	case "done":
		t = i18n.Text{RU: "выполнен", EN: "done"}
	case "refused":
		t = i18n.Text{RU: "отказано", EN: "refused"}
	}
	return output.Dual{Machine: s, Human: t}
}

func newDelete(f *factory.Factory) *cobra.Command {
	var out output.Options
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "delete ЧТО", EN: "delete WHAT"}.In(f.Lang),
		Short: i18n.Text{RU: "Попросить удалить устаревшее: documents, messages или sign-ins", EN: "Ask to delete what is outdated: documents, messages or sign-ins"}.In(f.Lang),
		Long: i18n.Text{
			RU: "documents — документы с истёкшим сроком, messages и sign-ins — сообщения и входы старше полугода. Портал отвечает в течение двух недель; ответ — в epgu profile privacy requests.",
			EN: "documents are those whose term is over, messages and sign-ins those older than half a year. The portal answers within two weeks; the answer is in epgu profile privacy requests."}.In(f.Lang),
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{"documents", "messages", "sign-ins"},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if !slices.Contains(cmd.ValidArgs, args[0]) {
				return fault.New(exitcode.Usage, "argument.value", i18n.Text{RU: "нельзя удалить «%s»", EN: "%q cannot be deleted"}.With(wire.Text(args[0]))).
					Advise(i18n.Text{RU: "можно: %s", EN: "what can: %s"}.With(strings.Join(cmd.ValidArgs, ", ")))
			}
			if err := agreed(ctx, f, yes, i18n.Text{RU: "Попросить портал удалить: %s?", EN: "Ask the portal to delete: %s?"}.With(outdated(args[0]).Human)); err != nil {
				return err
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			d, err := c.Account.RequestDeletion(ctx, args[0])
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, deletionView(), *d)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать согласия", EN: "do not ask for agreement"}.In(f.Lang))
	output.AddFlags(cmd, &out, deletionView(), f.Lang)
	return cmd
}

func newRequests(f *factory.Factory) *cobra.Command {
	return listing.Command(f, &cobra.Command{
		Use:   "requests",
		Short: i18n.Text{RU: "Запросы на удаление и ответы на них", EN: "Requests for deletion and the answers"}.In(f.Lang),
	}, listing.List[wire.DeletionRequest]{
		View: deletionView(),
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.DeletionRequest, error) {
			return c.Account.Deletions(ctx)
		}),
	})
}
