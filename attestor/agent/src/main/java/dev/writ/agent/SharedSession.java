// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One session with the TPM for all who need one at the same time; between them the TPM is others'. */
final class SharedSession {
  private final AttesterSession.Source source;

  @GuardedBy("this")
  private @Nullable Opened current;

  SharedSession(AttesterSession.Source source) {
    this.source = source;
  }

  /** What is done in it. */
  interface Work<T> {
    T with(Attester attester) throws TpmException, IOException, AttestationFailedException;
  }

  /** Does it in the session that is open, or in a new one. One in which something failed takes no more. */
  <T> T use(Work<T> work) throws TpmException, IOException, AttestationFailedException {
    Opened opened = take();
    boolean sound = false;
    try {
      T done = work.with(opened.session.attester());
      sound = true;
      return done;
    } finally {
      giveBack(opened, sound);
    }
  }

  private synchronized Opened take() throws TpmException, IOException, AttestationFailedException {
    Opened opened = current;
    if (opened == null) {
      opened = new Opened(source.open());
      current = opened;
    }
    opened.users++;
    return opened;
  }

  private synchronized void giveBack(Opened opened, boolean sound) {
    opened.users--;
    if (current == opened && (!sound || opened.users == 0)) {
      current = null;
    }
    if (current != opened && opened.users == 0) {
      opened.session.close();
    }
  }

  /** How many use a session; guarded by the shared one. */
  private static final class Opened {
    private final AttesterSession session;
    private int users;

    Opened(AttesterSession session) {
      this.session = session;
    }
  }
}
