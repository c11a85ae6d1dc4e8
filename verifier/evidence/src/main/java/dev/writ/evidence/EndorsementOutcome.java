// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.time.Instant;

/** Whether a manufacturer vouches for an endorsement key. */
public sealed interface EndorsementOutcome permits TrustedEndorsement, EndorsementOutcome.Refused {
  /** Why none is known to. */
  sealed interface Refused extends EndorsementOutcome, Refusal {}

  /**
   * The certificate cannot be read.
   *
   * @param defect what is wrong with it
   */
  record CertificateMalformed(String defect) implements Refused {
    @Override
    public String reason() {
      return "ek_certificate_malformed";
    }

    @Override
    public String message() {
      return "the endorsement certificate must be X.509 in DER: " + defect;
    }
  }

  /** The certificate is for another key than the one the TPM presented. */
  record PublicMismatch() implements Refused {
    @Override
    public String reason() {
      return "ek_public_mismatch";
    }

    @Override
    public String message() {
      return "the certificate's key must be the endorsement key presented, and is another";
    }
  }

  /** The certificate is a CA's. */
  record CertificateIsCa() implements Refused {
    @Override
    public String reason() {
      return "ek_certificate_is_ca";
    }

    @Override
    public String message() {
      return "an endorsement certificate must not be a CA certificate, and is";
    }
  }

  /** The certificate is not for an endorsement key. */
  record ExtendedKeyUsageMissing() implements Refused {
    @Override
    public String reason() {
      return "ek_eku_missing";
    }

    @Override
    public String message() {
      return "the certificate's extended key usage must hold "
          + EndorsementVerifier.EKU_EK_CERTIFICATE
          + ", and does not";
    }
  }

  /**
   * The certificate's key usage does not allow what an endorsement key does.
   *
   * @param expected the usage that must be set
   */
  record KeyUsageWrong(String expected) implements Refused {
    @Override
    public String reason() {
      return "ek_key_usage_wrong";
    }

    @Override
    public String message() {
      return "the certificate's key usage must hold " + expected + ", and does not";
    }
  }

  /**
   * The certificate does not say which TPM it is for.
   *
   * @param defect what is wrong with its subject alternative name
   */
  record SubjectAlternativeNameWrong(String defect) implements Refused {
    @Override
    public String reason() {
      return "ek_san_wrong";
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
      return "ek_critical_extension_unknown";
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
      return "ek_issuer_unknown";
    }

    @Override
    public String message() {
      return "the certificate must chain to a configured root; none signed by the key of "
          + missing
          + " is known: add the manufacturer's root, or the intermediates between"
          + missing.location().map(url -> "; it names " + url).orElse("");
    }
  }

  /** The search for a path ended before all of them were tried. */
  record PathSearchAbandoned() implements Refused {
    @Override
    public String reason() {
      return "ek_path_search_abandoned";
    }

    @Override
    public String message() {
      return "a path to a configured root must be found with at most "
          + EndorsementPath.MAX_PRESENTED_SIGNATURES
          + " signatures by keys of the certificates that the TPM carries and "
          + EndorsementPath.MAX_SIGNATURES
          + " by those of configured ones, and was not: too many certificates have one name; configure"
          + " the path's own intermediates, and remove those that nothing needs";
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
      return "ek_chain_invalid";
    }

    @Override
    public String message() {
      return "the certificate's chain must be valid: " + defect;
    }
  }

  /**
   * A certificate of the chain is not valid yet.
   *
   * @param notBefore when it will be
   */
  record NotYetValid(Instant notBefore) implements Refused {
    @Override
    public String reason() {
      return "ek_not_yet_valid";
    }

    @Override
    public String message() {
      return "each certificate of the chain must be valid already, one is from " + notBefore;
    }
  }

  /**
   * An issuer revoked a certificate of the chain.
   *
   * @param subject the certificate
   */
  record Revoked(String subject) implements Refused {
    @Override
    public String reason() {
      return "ek_revoked";
    }

    @Override
    public String message() {
      return "no certificate of the chain must be revoked, was: " + subject;
    }
  }
}
