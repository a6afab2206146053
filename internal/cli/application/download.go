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
	}}
}

func newDownload(f *factory.Factory) *cobra.Command {
	var out output.Options
	var dir string
	var attachments, overwrite bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "download НОМЕР", EN: "download NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Скачать результат", EN: "Download the result"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
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
			policy := safepath.Number
			if overwrite {
				policy = safepath.Overwrite
			}
			got, err := applications.SaveResult(ctx, c.Gusmev, id, filepath.Clean(dir), applications.SaveOptions{Attachments: attachments, Policy: policy})
			return errors.Join(output.List(f.IO, &out, savedView(), got, output.Page{}), err)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", i18n.Text{RU: "`папка` для файлов", EN: "`folder` for the files"}.In(f.Lang))
	cmd.Flags().BoolVar(&attachments, "attachments", false, i18n.Text{RU: "и то, что было приложено", EN: "what was attached, too"}.In(f.Lang))
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, i18n.Text{RU: "заменять файлы с тем же именем", EN: "replace files of the same name"}.In(f.Lang))
	output.AddFlags(cmd, &out, savedView(), f.Lang)
	return cmd
}
