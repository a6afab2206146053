package bill

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// photo is one saved photo.
type photo struct {
	number int
	path   string
	size   int64
}

func newPhotos(f *factory.Factory) *cobra.Command {
	var out output.Options
	var dir string
	view := output.View[photo]{Fields: []output.Field[photo]{
		{Name: "number", Title: i18n.Text{RU: "№", EN: "No"}, Value: func(p photo) any { return p.number }},
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(p photo) any { return p.path }},
		{Name: "bytes", Title: i18n.Text{RU: "Байт", EN: "Bytes"}, Value: func(p photo) any { return p.size }},
	}}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "photos УИН", EN: "photos УИН"}.In(f.Lang),
		Short: i18n.Text{RU: "Скачать снимки нарушения", EN: "Download the photos of an offence"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			charge, err := c.Cabinet.Charge(cmd.Context(), uin)
			if err != nil {
				return err
			}
			if charge.Details == nil || charge.Details.Photos == 0 {
				return fault.New(exitcode.NotFound, "charge.no_photo", i18n.Text{RU: "у начисления %s нет снимков", EN: "charge %s has no photos"}.With(uin))
			}
			folder, err := safepath.OpenDir(dir)
			if err != nil {
				return err
			}
			defer folder.Close()
			var saved []photo
			for n := 1; n <= min(charge.Details.Photos, maxPhotos); n++ {
				p := photo{number: n}
				w, err := folder.Create(fmt.Sprintf("%s-%d.png", uin, n), safepath.Number)
				if err != nil {
					return err
				}
				if p.size, err = c.Cabinet.ChargePhoto(cmd.Context(), uin, n, w); err == nil {
					p.path, err = w.Commit()
				}
				_ = w.Close()
				if err != nil {
					return err
				}
				saved = append(saved, p)
			}
			return output.List(f.IO, &out, view, saved, output.Page{})
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", i18n.Text{RU: "`папка` для файлов", EN: "`folder` for the files"}.In(f.Lang))
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

// maxPhotos bounds the photos of one charge that are downloaded.
const maxPhotos = 20
