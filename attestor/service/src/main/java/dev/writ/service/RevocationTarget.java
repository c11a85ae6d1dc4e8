// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.tlog.Hash;

/** Of what somebody wants all artifacts revoked that stand, in their own words. */
public sealed interface RevocationTarget {
  /** A host, by the name under which it is enrolled. */
  record OfHost(String name) implements RevocationTarget {}

  /** An issuer's key, by its RFC 7638 thumbprint. */
  record OfKey(Hash kid) implements RevocationTarget {}

  /** A policy epoch, in force or past. */
  record OfEpoch(long epoch) implements RevocationTarget {}

  /** A workload, by its {@code sub}. */
  record OfWorkload(String sub) implements RevocationTarget {}

  /** What leaves from one to before another decided for. */
  record OfRange(long fromIndex, long beforeIndex) implements RevocationTarget {}
}
