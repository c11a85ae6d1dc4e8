// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.EndorsementTrust;
import dev.writ.fixtures.EndorsementAuthority;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;

/** The makers of TPMs that a {@link Deployment} believes from its next start on. */
final class BelievedMakers {
  private EndorsementAuthority believed;
  private List<X509Certificate> intermediates;
  private List<X509CRL> crls = List.of();

  BelievedMakers(EndorsementAuthority maker) {
    this.believed = maker;
    this.intermediates = List.of(maker.issuing());
  }

  /** This one alone. */
  void believe(EndorsementAuthority other) {
    believed = other;
    intermediates = List.of(other.issuing());
  }

  /** Nothing is known between the maker's root and its TPMs. */
  void forgetIntermediates() {
    intermediates = List.of();
  }

  /** By these lists. */
  void revoke(X509CRL... lists) {
    crls = List.of(lists);
  }

  EndorsementTrust trust() {
    return new EndorsementTrust(List.of(believed.root()), intermediates, crls);
  }
}
