// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.time.Instant;

/** Whether an authority vouches for an attestation key. */
public sealed interface AkCertificateOutcome
    permits TrustedAkCertificate, AkCertificateOutcome.Refused {
  /** Why none is known to. */
  sealed interface Refused extends AkCertificateOutcome, Refusal {}

  /**
   * The certificate cannot be read.
   *
   * @param defect what is wrong with it
   */
  record CertificateMalformed(String defect) implements Refused {
    @Override
    public String reason() {
      return "ak_certificate_malformed";
    }

    @Override
    public String message() {
      return "the attestation key's certificate must be X.509 in DER: " + defect;
    }
  }

  /** The certificate is for another key. */
  record PublicMismatch() implements Refused {
    @Override
    public String reason() {
      return "ak_public_mismatch";
    }

    @Override
    public String message() {
      return "the certificate's key must be the attestation key presented, and is another";
    }
  }

  /** The certificate is a CA's. */
  record CertificateIsCa() implements Refused {
    @Override
    public String reason() {
      return "ak_certificate_is_ca";
    }

    @Override
    public String message() {
      return "an attestation key's certificate must not be a CA certificate, and is";
    }
  }

  /**
   * The certificate is not for an attestation key alone.
   *
   * @param actual the extended key usages that it has
   */
  record ExtendedKeyUsageWrong(String actual) implements Refused {
    @Override
    public String reason() {
      return "ak_eku_wrong";
    }

    @Override
    public String message() {
      return "the certificate's extended key usage must be "
          + AkCertificateVerifier.EKU_AK_CERTIFICATE
          + " and no other, was "
          + actual;
    }
  }

  /** The certificate's key usage is not that of a key that signs. */
  record KeyUsageWrong() implements Refused {
    @Override
    public String reason() {
      return "ak_key_usage_wrong";
    }

    @Override
    public String message() {
      return "the certificate's key usage must be digitalSignature and no other, and critical";
    }
  }

  /**
   * The certificate does not say which TPM it is for, or names another.
   *
   * @param defect what is wrong with its subject alternative name
   */
  record SubjectAlternativeNameWrong(String defect) implements Refused {
    @Override
    public String reason() {
      return "ak_san_wrong";
    }

    @Override
    public String message() {
      return "the certificate's subject alternative name must name the TPM: " + defect;
    }
  }

  /**
   * The certificate demands that something be understood which is not.
   *
   * @param oid the extension
   */
  record CriticalExtensionUnknown(String oid) implements Refused {
    @Override
    public String reason() {
      return "ak_critical_extension_unknown";
    }

    @Override
    public String message() {
      return "the certificate's critical extensions must be known, was " + oid;
    }
  }

  /**
   * No path leads to a root.
   *
   * @param missing the certificate that the longest path lacks
   */
  record IssuerUnknown(MissingIssuer missing) implements Refused {
    @Override
    public String reason() {
      return "ak_issuer_unknown";
    }

    @Override
    public String message() {
      return "the certificate must chain to a believed authority; none signed by the key of "
          + missing
          + " is known";
    }
  }

  /** The search for a path ended before all of them were tried. */
  record PathSearchAbandoned() implements Refused {
    @Override
    public String reason() {
      return "ak_path_search_abandoned";
    }

    @Override
    public String message() {
      return "a path to a believed authority must be found with at most "
          + EndorsementPath.MAX_SIGNATURES
          + " signatures, and was not: too many certificates have one name; remove those that nothing"
          + " needs";
    }
  }

  /**
   * A path leads to a root, and breaks a rule of RFC 5280.
   *
   * @param defect which
   */
  record ChainInvalid(String defect) implements Refused {
    @Override
    public String reason() {
      return "ak_chain_invalid";
    }

    @Override
    public String message() {
      return "the certificate's chain must be valid: " + defect;
    }
  }

  /**
   * A certificate of the chain is outside its validity.
   *
   * @param notBefore from when on it is valid
   * @param notAfter until when it is
   */
  record OutsideValidity(Instant notBefore, Instant notAfter) implements Refused {
    @Override
    public String reason() {
      return "ak_certificate_outside_validity";
    }

    @Override
    public String message() {
      return "each certificate of the chain must be valid, one is from "
          + notBefore
          + " to "
          + notAfter
          + ": the host must be certified again";
    }
  }

  /**
   * An issuer revoked a certificate of the chain.
   *
   * @param serial of the certificate, in hexadecimal digits
   */
  record Revoked(String serial) implements Refused {
    @Override
    public String reason() {
      return "ak_revoked";
    }

    @Override
    public String message() {
      return "no certificate of the chain must be revoked, was: " + serial;
    }
  }
}
