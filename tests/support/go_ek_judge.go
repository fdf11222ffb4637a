// SPDX-License-Identifier: Apache-2.0

// What does Go read of EK certificates? go_ek_judge FILE...: "NAME takes" or "NAME refuses WHY", a line each,
// by go-attestation's rules; with -secboot by those of Canonical's secboot. The reading is that of
// crypto/x509 and encoding/asn1; the rules on top, which those two programs have of their own
// (google/go-attestation x509/ekcert.go and x509ext.go; snapcore/secboot), are said here anew.
package main

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func id(arcs ...int) asn1.ObjectIdentifier { return arcs }

var (
	maker, model, version = id(2, 23, 133, 2, 1), id(2, 23, 133, 2, 2), id(2, 23, 133, 2, 3)
	specification         = id(2, 23, 133, 2, 16)
	permanent             = id(1, 3, 6, 1, 5, 5, 7, 8, 3)
	ekUse                 = id(2, 23, 133, 8, 1)
	san, basic, usage     = id(2, 5, 29, 17), id(2, 5, 29, 19), id(2, 5, 29, 15)
	aki, sda, policies    = id(2, 5, 29, 35), id(2, 5, 29, 9), id(2, 5, 29, 32)
	// extension: must it be critical?
	flags = []struct {
		kind     asn1.ObjectIdentifier
		critical bool
	}{
		{basic, true}, {usage, true}, {aki, false}, {id(1, 3, 6, 1, 5, 5, 7, 1, 1), false},
		{id(2, 5, 29, 31), false}, {id(2, 5, 29, 37), false}, {id(2, 5, 29, 14), false},
	}
	empty = []byte{0x30, 0}
)

func find(cert *x509.Certificate, kind asn1.ObjectIdentifier) *pkix.Extension {
	for i := range cert.Extensions {
		if cert.Extensions[i].Id.Equal(kind) {
			return &cert.Extensions[i]
		}
	}
	return nil
}

// The names of a subjectAltName, each as encoding/asn1 takes it.
func names(value []byte, each func(asn1.RawValue) error) error {
	var list asn1.RawValue
	rest, err := asn1.Unmarshal(value, &list)
	if err != nil {
		return err
	}
	if len(rest) != 0 || list.Class != 0 || list.Tag != 16 || !list.IsCompound {
		return errors.New("the names are no SEQUENCE alone")
	}
	for rest = list.Bytes; len(rest) > 0; {
		var one asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &one); err != nil {
			return err
		}
		if err = each(one); err != nil {
			return err
		}
	}
	return nil
}

func goName(value []byte, directories *[]pkix.Name) func(asn1.RawValue) error {
	return func(one asn1.RawValue) error {
		switch one.Tag {
		case 0:
			var other struct {
				Kind  asn1.ObjectIdentifier
				Value asn1.RawValue
			}
			var inside struct {
				Value    string                `asn1:"utf8,optional"`
				Assigner asn1.ObjectIdentifier `asn1:"optional"`
			}
			if _, err := asn1.UnmarshalWithParams(one.FullBytes, &other, "tag:0"); err != nil {
				return err
			}
			if !other.Kind.Equal(permanent) {
				return errors.New("an otherName that is no permanentIdentifier")
			}
			_, err := asn1.UnmarshalWithParams(other.Value.FullBytes, &inside, "explicit,tag:0")
			return err
		case 4:
			var rdns pkix.RDNSequence
			var name pkix.Name
			if _, err := asn1.Unmarshal(one.Bytes, &rdns); err != nil {
				return err
			}
			name.FillFromRDNSequence(&rdns)
			*directories = append(*directories, name)
			return nil
		}
		return fmt.Errorf("a name of kind %d", one.Tag)
	}
}

func goSan(cert *x509.Certificate) error {
	ext := find(cert, san)
	var directories []pkix.Name
	found := map[string]string{}
	if ext == nil {
		return errors.New("no subjectAltName")
	}
	if bytes.Equal(cert.RawSubject, empty) && !ext.Critical {
		return errors.New("subjectAltName is not critical and the subject is empty")
	}
	if err := names(ext.Value, goName(ext.Value, &directories)); err != nil {
		return err
	}
	if len(directories) != 1 {
		return fmt.Errorf("%d directoryNames", len(directories))
	}
	for _, attribute := range directories[0].Names {
		if !attribute.Type.Equal(maker) && !attribute.Type.Equal(model) && !attribute.Type.Equal(version) {
			return fmt.Errorf("attribute %v", attribute.Type)
		}
		found[attribute.Type.String()] = fmt.Sprintf("%v", attribute.Value)
	}
	for _, kind := range []asn1.ObjectIdentifier{maker, model, version} {
		if found[kind.String()] == "" {
			return fmt.Errorf("attribute %v is not there or empty", kind)
		}
	}
	return nil
}

func goSpecification(cert *x509.Certificate) error {
	ext := find(cert, sda)
	var attributes []struct {
		Kind   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	var fields struct {
		Family          string
		Level, Revision int
	}
	if ext == nil {
		return nil
	}
	if rest, err := asn1.Unmarshal(ext.Value, &attributes); err != nil || len(rest) != 0 {
		return fmt.Errorf("subjectDirectoryAttributes: %v", err)
	}
	for _, attribute := range attributes {
		if !attribute.Kind.Equal(specification) {
			continue
		}
		if len(attribute.Values) != 1 {
			return errors.New("not one tpmSpecification")
		}
		_, err := asn1.Unmarshal(attribute.Values[0].FullBytes, &fields)
		return err
	}
	return errors.New("no tpmSpecification")
}

func goAttestation(cert *x509.Certificate) error {
	wanted := map[x509.PublicKeyAlgorithm]x509.KeyUsage{
		x509.RSA: x509.KeyUsageKeyEncipherment, x509.ECDSA: x509.KeyUsageKeyAgreement,
	}
	switch {
	case cert.PublicKey == nil || wanted[cert.PublicKeyAlgorithm] == 0:
		return errors.New("the key's kind")
	case cert.Version != 3:
		return errors.New("the version")
	case cert.SerialNumber.Sign() <= 0:
		return errors.New("the serial number is not positive")
	case bytes.Equal(cert.RawIssuer, empty):
		return errors.New("the issuer is empty")
	case !cert.BasicConstraintsValid || cert.IsCA:
		return errors.New("basicConstraints")
	case len(cert.AuthorityKeyId) == 0:
		return errors.New("no key id of the authority")
	case cert.KeyUsage&wanted[cert.PublicKeyAlgorithm] == 0:
		return errors.New("keyUsage")
	case find(cert, policies) != nil && len(cert.PolicyIdentifiers) == 0:
		return errors.New("no policy")
	}
	for _, flag := range flags {
		if ext := find(cert, flag.kind); ext != nil && ext.Critical != flag.critical {
			return fmt.Errorf("extension %v: critical is %v", flag.kind, ext.Critical)
		}
	}
	if err := goSan(cert); err != nil {
		return err
	}
	return goSpecification(cert)
}

// ---- secboot

func secbootIds(rdns pkix.RDNSequence) error {
	found := map[string]bool{}
	for _, set := range rdns {
		for _, attribute := range set {
			kind := attribute.Type
			if !kind.Equal(maker) && !kind.Equal(model) && !kind.Equal(version) {
				continue
			}
			text, isText := attribute.Value.(string)
			if found[kind.String()] || !isText {
				return fmt.Errorf("attribute %v", kind)
			}
			found[kind.String()] = true
			if kind.Equal(model) {
				continue
			}
			id, err := hex.DecodeString(strings.TrimPrefix(text, "id:"))
			if err != nil || !strings.HasPrefix(text, "id:") || kind.Equal(maker) && len(id) != 4 || len(id) > 4 {
				return fmt.Errorf("attribute %v: %q", kind, text)
			}
		}
	}
	if len(found) != 3 {
		return errors.New("attributes are missing")
	}
	return nil
}

var errFound = errors.New("found")

func secbootSan(value []byte) error {
	var verdict error
	err := names(value, func(one asn1.RawValue) error {
		var rdns pkix.RDNSequence
		if one.Class != 2 {
			return errors.New("the class of a name")
		}
		if one.Tag != 4 {
			return nil
		}
		rest, err := asn1.Unmarshal(one.Bytes, &rdns)
		if err == nil && len(rest) != 0 {
			err = errors.New("trailing bytes")
		}
		if err != nil {
			return err
		}
		verdict = secbootIds(rdns)
		return errFound
	})
	if err == errFound {
		return verdict
	}
	if err == nil {
		err = errors.New("no directoryName")
	}
	return err
}

func secboot(cert *x509.Certificate) error {
	ext := find(cert, san)
	switch {
	case cert.PublicKeyAlgorithm != x509.RSA:
		return errors.New("no RSA key")
	case cert.IsCA || !cert.BasicConstraintsValid:
		return errors.New("basicConstraints")
	case ext == nil:
		return errors.New("no subjectAltName")
	case len(cert.Subject.Names) == 0 && !ext.Critical:
		return errors.New("subjectAltName is not critical and the subject is empty")
	case cert.KeyUsage&x509.KeyUsageKeyEncipherment == 0:
		return errors.New("keyUsage")
	}
	if err := secbootSan(ext.Value); err != nil {
		return err
	}
	for _, kind := range cert.UnhandledCriticalExtensions {
		if !kind.Equal(san) {
			return fmt.Errorf("critical extension %v", kind)
		}
	}
	if len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) == 0 {
		return nil
	}
	for _, use := range cert.ExtKeyUsage {
		if use == x509.ExtKeyUsageAny {
			return nil
		}
	}
	for _, use := range cert.UnknownExtKeyUsage {
		if use.Equal(ekUse) {
			return nil
		}
	}
	return errors.New("extKeyUsage")
}

func main() {
	rules := goAttestation
	files := os.Args[1:]
	if len(files) > 0 && files[0] == "-secboot" {
		rules, files = secboot, files[1:]
	}
	for _, file := range files {
		der, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err == nil {
			err = rules(cert)
		}
		if err == nil {
			fmt.Println(filepath.Base(file), "takes")
		} else {
			fmt.Println(filepath.Base(file), "refuses", err)
		}
	}
}
