package application

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func savedView() output.View[applications.SavedFile] {
	return output.View[applications.SavedFile]{Fields: []output.Field[applications.SavedFile]{
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(s applications.SavedFile) any { return s.Path }},
		{Name: "bytes", Title: i18n.Text{RU: "Байт", EN: "Bytes"}, Value: func(s applications.SavedFile) any { return s.Size }},
		{Name: "type", Title: i18n.Text{RU: "Вид", EN: "Type"}, Value: func(s applications.SavedFile) any { return s.File.MimeType }},
		{Name: "signed", Title: i18n.Text{RU: "С подписью", EN: "Signed"}, Value: func(s applications.SavedFile) any { return s.File.HasDigitalSignature }},
		{Name: "verdict", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: func(s applications.SavedFile) any {
			if s.Report == nil {
				return nil
			}
			return output.Dual{Machine: s.Report.Status().String(), Human: s.Report.Status().Text()}
		}},
	}}
}

func newDownload(f *factory.Factory) *cobra.Command {
	var out output.Options
	var dir string
	var attachments, overwrite bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "download НОМЕР [ФАЙЛ…]", EN: "download NUMBER [FILE…]"}.In(f.Lang),
		Short: i18n.Text{RU: "Скачать результат", EN: "Download the result"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Сохраняет файлы результата, все или названные. Файл появляется под своим именем, только когда пришёл целиком. Отдельная подпись (.sig) сохраняется рядом и проверяется; учебный портал даёт и корневой сертификат (.root.pem), с ним подпись проверит и epgu verify.",
			EN: "Saves the files of the result, all or those that are named. A file gets its name only once it has come whole. A detached signature (.sig) is saved beside it and checked; the training portal gives its root certificate, too (.root.pem), for epgu verify."}.In(f.Lang),
		Example: "  epgu application download 2350000001 -o results\n  epgu verify results/result.pdf --roots results/result.pdf.root.pem",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			o := applications.SaveOptions{Attachments: attachments, Names: args[1:], Policy: safepath.Number, Time: f.Clock.Now()}
			if overwrite {
				o.Policy = safepath.Overwrite
			}
			if !c.LacksCatalog(ctx) {
				caps, err := c.Cabinet.Capabilities(ctx)
				if err != nil {
					return err
				}
				o.RootPEM = caps.DocumentRootPEM
			}
			got, err := applications.SaveResult(ctx, c.Gusmev, id, filepath.Clean(dir), o)
			for _, s := range got {
				if s.Report != nil && o.RootPEM == "" {
					f.IO.Note(i18n.Text{RU: "Проверить подпись: epgu verify %s --roots КОРНЕВОЙ-СЕРТИФИКАТ", EN: "Check the signature: epgu verify %s --roots ROOT-CERTIFICATE"}.With(s.Path))
				}
			}
			return errors.Join(output.List(f.IO, &out, savedView(), got, output.Page{}), err)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", i18n.Text{RU: "`папка` для файлов", EN: "`folder` for the files"}.In(f.Lang))
	cmd.Flags().BoolVar(&attachments, "attachments", false, i18n.Text{RU: "и то, что было приложено", EN: "what was attached, too"}.In(f.Lang))
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, i18n.Text{RU: "заменять файлы с тем же именем", EN: "replace files of the same name"}.In(f.Lang))
	output.AddFlags(cmd, &out, savedView(), f.Lang)
	return cmd
}
