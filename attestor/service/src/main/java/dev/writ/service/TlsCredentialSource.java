// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.io.IOException;
import java.security.GeneralSecurityException;

/** Where a TLS door's credential comes from, the first and every later one. May block. */
public interface TlsCredentialSource {
  /**
   * One to be shown from now on.
   *
   * @throws IOException if a file or the token that should give it cannot be read or used
   * @throws GeneralSecurityException if what it gave is no credential
   */
  TlsCredential next() throws IOException, GeneralSecurityException;

  /**
   * Has {@code renew}, which does not block, run when what was given last is not to be shown any more,
   * although it holds.
   */
  default void whenSuperseded(Runnable renew) {}
}
