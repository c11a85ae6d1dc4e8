// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;

/**
 * A real store, the writer's connection of which fails or stops at a step of one's choice. A
 * step is one statement executed, or COMMIT.
 */
final class FaultyDatabase implements Database {
  /** How a step fails. */
  enum Fault {
    /** It has no effect. */
    NOT_PERSISTED,
    /** It has its effect, and the caller hears of a failure. */
    PERSISTED
  }

  private static final Set<String> STEPS =
      Set.of("executeUpdate", "executeQuery", "executeBatch", "commit");

  private final Database real;
  private final boolean shared;
  private long steps;
  private int stepsToFault = -1;
  private Fault fault = Fault.NOT_PERSISTED;
  private boolean diesWithFault;
  private boolean dead;
  private String faulted = "";
  private Optional<Fault> commitFault = Optional.empty();
  private Runnable meanwhile = () -> {};
  private volatile CountDownLatch gate = new CountDownLatch(0);

  /** One that no other node has open: a node that looks for others would take steps of its own. */
  FaultyDatabase(Path folder) throws LedgerException {
    this(folder, false);
  }

  private FaultyDatabase(Path folder, boolean shared) throws LedgerException {
    this(TestLedgers.store(folder), shared);
  }

  private FaultyDatabase(StoreConfig config, boolean shared) throws LedgerException {
    this.real = Database.open(config);
    this.shared = shared;
  }

  /** The same with all that a configuration names. */
  static FaultyDatabase of(StoreConfig config) throws LedgerException {
    return new FaultyDatabase(config, false);
  }

  static FaultyDatabase shared(Path folder) throws LedgerException {
    return new FaultyDatabase(folder, true);
  }

  /**
   * Lets the {@code step}-th step from here fail.
   *
   * @param dies whether every call after it fails too, as if the process were gone
   */
  synchronized void failAt(int step, Fault how, boolean dies) {
    stepsToFault = step;
    fault = how;
    diesWithFault = dies;
    faulted = "";
  }

  /**
   * Lets the next COMMIT fail, after which somebody else does something before the writer can ask what
   * became of it.
   */
  synchronized void failAtCommit(Fault how, Runnable before) {
    commitFault = Optional.of(how);
    meanwhile = before;
    faulted = "";
  }

  /** How many steps were taken. */
  synchronized long steps() {
    return steps;
  }

  /** The step that failed, empty if none did yet. */
  synchronized String faulted() {
    return faulted;
  }

  /** The step that failed, empty if none did yet; from here on none does. */
  synchronized String disarm() {
    stepsToFault = -1;
    return faulted;
  }

  /** Waits until the writer has nothing left to do for a tree of {@code size} leaves. */
  void awaitIdle(long size) throws SQLException, InterruptedException {
    while (true) {
      try (Connection connection = readers().getConnection();
          PreparedStatement statement = connection.prepareStatement("SELECT size FROM checkpoint");
          ResultSet row = statement.executeQuery()) {
        if (row.next() && row.getLong(1) == size) {
          return;
        }
      }
      Thread.sleep(5);
    }
  }

  /** Lets the writer stop before its next step, until the gate that is returned opens. */
  CountDownLatch stop() {
    gate = new CountDownLatch(1);
    return gate;
  }

  @Override
  public Connection connectWriter() throws SQLException {
    requireAlive();
    Runnable first = meanwhile;
    meanwhile = () -> {};
    if (!faulted.isEmpty()) {
      first.run();
    }
    Connection connection = real.connectWriter();
    return proxy(
        Connection.class,
        (self, method, arguments) -> {
          Object result = call(connection, method.getName(), method, arguments, method.getName());
          return result instanceof PreparedStatement statement && arguments != null
              ? statement(statement, String.valueOf(arguments[0]))
              : result;
        });
  }

  private PreparedStatement statement(PreparedStatement statement, String sql) {
    return proxy(
        PreparedStatement.class,
        (self, method, arguments) -> call(statement, method.getName(), method, arguments, sql));
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private Object call(
      Object target, String name, java.lang.reflect.Method method, Object[] arguments, String step)
      throws Throwable {
    if (name.equals("close")) {
      return invoke(target, method, arguments);
    }
    requireAlive();
    boolean fails = STEPS.contains(name) && reached(step);
    if (fails && fault == Fault.NOT_PERSISTED) {
      if (target instanceof Connection connection && name.equals("commit")) {
        connection.rollback();
      }
      throw failure(step);
    }
    Object result = invoke(target, method, arguments);
    if (fails) {
      throw failure(step);
    }
    return result;
  }

  private boolean reached(String step) throws InterruptedException {
    gate.await();
    synchronized (this) {
      steps++;
      if (step.equals("commit") && commitFault.isPresent()) {
        fault = commitFault.get();
        commitFault = Optional.empty();
        faulted = step;
        return true;
      }
      if (stepsToFault < 0 || --stepsToFault > 0) {
        return false;
      }
      stepsToFault = -1;
      faulted = step;
      return true;
    }
  }

  private SQLException failure(String step) {
    dead = diesWithFault;
    return new SQLException("injected at " + step, "58030");
  }

  private void requireAlive() throws SQLException {
    if (dead) {
      throw new SQLException("injected: the store is gone", "08006");
    }
  }

  private static Object invoke(Object target, java.lang.reflect.Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  @Override
  public DataSource readers() {
    return real.readers();
  }

  @Override
  public Map<String, String> schemaWords() {
    return real.schemaWords();
  }

  @Override
  public Optional<TileArchive> archive() {
    return real.archive();
  }

  @Override
  public boolean isShared() {
    return shared;
  }

  @Override
  public void lockSchema(Connection writer) throws SQLException {
    real.lockSchema(writer);
  }

  @Override
  public void unlockSchema(Connection writer) throws SQLException {
    real.unlockSchema(writer);
  }

  @Override
  public void beginErasure(Connection writer) throws SQLException {
    real.beginErasure(writer);
  }

  @Override
  public void endErasure(Connection writer) throws SQLException {
    real.endErasure(writer);
  }

  @Override
  public void settle(Connection writer) throws SQLException {
    requireAlive();
    real.settle(writer);
  }

  @Override
  public void close() {
    real.close();
  }
}
