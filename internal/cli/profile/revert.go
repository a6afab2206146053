package profile

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func newRevert(f *factory.Factory) *cobra.Command {
	var out output.Options
	var yes, withLater bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "revert НОМЕР", EN: "revert ID"}.In(f.Lang),
		Short: i18n.Text{RU: "Отменить изменение: вернуть, как было до него", EN: "Undo a change: put back what was before it"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Номер — из epgu profile history. Отмена сама становится изменением, и её тоже можно отменить. Если поле с тех пор меняли снова, отмена отклоняется с кодом 9; --with-later отменяет и более поздние правки этих полей.",
			EN: "The id is from epgu profile history. Undoing is a change itself and can be undone too. When a field was changed again since, it is refused with exit code 9; --with-later undoes the later edits of these fields as well."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			change, err := c.Account.Change(ctx, args[0])
			if err != nil {
				return err
			}
			if !change.Revertible {
				return notRevertible(change)
			}
			for _, field := range change.Fields {
				if field.Field == "level" {
					continue // it follows from the rest
				}
				f.IO.Note(i18n.Text{RU: "%s: %s → %s", EN: "%s: %s → %s"}.With(field.Title, orDash(field.New), orDash(field.Old)))
			}
			if err := agreed(ctx, f, yes, i18n.Text{RU: "Вернуть, как было?", EN: "Put it back?"}); err != nil {
				return err
			}
			done, err := c.Account.Revert(ctx, change.ID, withLater)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, editedView(), edited{change: done.Change, level: done.Profile.Level, recheck: done.Profile.Recheck, contacts: []wire.ContactChange{}})
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, say("не спрашивать согласия", "do not ask for agreement"))
	cmd.Flags().BoolVar(&withLater, "with-later", false, say("отменить и более поздние правки этих полей", "undo the later edits of these fields too"))
	output.AddFlags(cmd, &out, editedView(), f.Lang)
	return cmd
}

// notRevertible says why a change stays and what to do instead.
func notRevertible(c wire.Change) error {
	if c.RevertedBy != "" {
		return fault.New(exitcode.Conflict, "change.reverted", i18n.Text{RU: "это изменение уже отменено: %s", EN: "this change was undone already: %s"}.With(wire.Text(c.RevertedBy)))
	}
	e := fault.New(exitcode.Refused, "change.not_revertible", i18n.Text{RU: "изменение вида «%s» так не отменяется", EN: "a change of the kind %q is not undone in this way"}.With(kind(c.Kind).Human))
	switch c.Kind {
	case "contact":
		return e.AdviseRun("epgu profile edit --mobile …")
	case "privacy":
		return e.AdviseRun("epgu profile privacy --help")
	case "consent.withdrawn":
		return e.AdviseRun("epgu auth login")
	}
	return e
}
