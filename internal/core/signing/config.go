package signing

import (
	"encoding/xml"
	"io"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/gost/cert"
)

// ConfigFile names the list of signatures when several people sign one document
// (SPEC-1.13, section 2.4 and appendix 5).
const ConfigFile = "sign_config.xml"

type signConfig struct {
	XMLName   xml.Name         `xml:"signedAttachments"`
	Documents []signedDocument `xml:"signedDocument"`
}

type signedDocument struct {
	File        string     `xml:"documentFileName"`
	Description string     `xml:"documentDescription"`
	Signatures  []signData `xml:"signData"`
}

type signData struct {
	File        string `xml:"signFileName"`
	Description string `xml:"signFileDescription"`
}

// configs writes a list of signatures into each folder that got some.
func (b *Batch) configs(files []*File) error {
	byDir := map[string]*signConfig{}
	for _, f := range files {
		if len(f.Signatures) != len(b.Signers) {
			continue
		}
		dir := filepath.Dir(f.Signatures[0])
		if byDir[dir] == nil {
			byDir[dir] = &signConfig{}
		}
		d := signedDocument{File: filepath.Base(f.Path), Description: filepath.Base(f.Path)}
		for i, path := range f.Signatures {
			d.Signatures = append(d.Signatures, signData{File: filepath.Base(path), Description: describe(b.Signers[i].Certificate())})
		}
		byDir[dir].Documents = append(byDir[dir].Documents, d)
	}
	for dir, c := range byDir {
		err := write(filepath.Join(dir, ConfigFile), func(w io.Writer) error {
			if _, err := io.WriteString(w, xml.Header); err != nil {
				return err
			}
			e := xml.NewEncoder(w)
			e.Indent("", "  ")
			return e.Encode(c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func describe(c *cert.Certificate) string {
	if c == nil {
		return ""
	}
	return c.Subject.CommonName.String()
}
