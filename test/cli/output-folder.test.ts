import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyChanges, compareFolder, type TargetedFile } from '../../src/cli/output-folder.js';
import { workplace } from './workplace.js';

const writeAll = async (folder: string, files: readonly TargetedFile[]): Promise<void> =>
  applyChanges(folder, await compareFolder(folder, files));

test.each(['..old', 'old'])('what a former build wrote in %s is removed, and its empty folder', async (name) => {
  const folder = path.join(workplace().folder, 'out');
  await writeAll(folder, [{ path: `${name}/model.ts`, text: '1' }]);
  expect(existsSync(path.join(folder, name))).toBe(true);
  await writeAll(folder, [{ path: 'model.ts', text: '1' }]);
  expect(existsSync(path.join(folder, name))).toBe(false);
  expect(existsSync(path.join(folder, 'model.ts'))).toBe(true);
});

describe('files of several targets in one folder', () => {
  const of = (targets: readonly string[], path: string, text = '1'): TargetedFile => ({ path, text, targets });

  test('a command removes only what its own targets wrote', async () => {
    const out = path.join(workplace().folder, 'out');
    await writeAll(out, [
      { path: 'model.ts', text: '1' },
      { path: 'old.ts', text: '1' },
    ]);
    await writeAll(out, [of(['tfjs'], 'model.json'), of(['tfjs'], 'encoder.json')]);
    await writeAll(out, [of(['onnx'], 'model.onnx'), of(['onnx'], 'encoder.json')]);
    expect(readdirSync(out).sort()).toEqual(['encoder.json', 'manifest.json', 'model.json', 'model.onnx', 'model.ts', 'old.ts']);
    expect(await compareFolder(out, [of(['onnx'], 'model.onnx')])).toMatchObject({ remove: [], left: [] });
    expect(await compareFolder(out, [{ path: 'model.ts', text: '1' }])).toMatchObject({ remove: ['old.ts'], unchanged: 1 });
    await writeAll(out, [of(['onnx'], 'model.onnx')]);
    await writeAll(out, [of(['tfjs'], 'model.json')]);
    expect(readdirSync(out).sort()).toEqual(['manifest.json', 'model.json', 'model.onnx', 'model.ts', 'old.ts']);
  });

  test('a file of two targets changes for both or not at all', async () => {
    const out = path.join(workplace().folder, 'out');
    await writeAll(out, [of(['onnx', 'tfjs'], 'encoder.json'), of(['tfjs'], 'model.json')]);
    await expect(compareFolder(out, [of(['onnx'], 'encoder.json', '2')])).rejects.toThrow('target tfjs goes by it too');
    await writeAll(out, [of(['onnx', 'tfjs'], 'encoder.json', '2')]);
    expect(readdirSync(out).sort()).toEqual(['encoder.json', 'manifest.json']);
  });

  test('a file of another target that somebody has changed is known as changed later', async () => {
    const out = path.join(workplace().folder, 'out');
    await writeAll(out, [of(['tfjs'], 'model.json')]);
    writeFileSync(path.join(out, 'model.json'), 'mine');
    await writeAll(out, [of(['onnx'], 'model.onnx')]);
    expect(await compareFolder(out, [of(['tfjs'], 'model.json')])).toMatchObject({ edited: ['model.json'] });
    expect(readFileSync(path.join(out, 'model.json'), 'utf8')).toBe('mine');
  });
});

describe('nothing outside the folder is written or removed', () => {
  const files: readonly TargetedFile[] = [
    { path: 'L/model.ts', text: '1' },
    { path: 'M/model.ts', text: '1' },
  ];
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

  /** A folder of somebody else beside `out`, and a link to it in `out`. */
  const linked = (name: string) => {
    const { folder, write, call } = workplace({ 'victim/skel': 'precious' });
    const [out, victim] = [path.join(folder, 'out'), path.join(folder, 'victim')];
    mkdirSync(path.dirname(path.join(out, name)), { recursive: true });
    symlinkSync(victim, path.join(out, name), 'junction');
    const intact = (): void => {
      expect(readdirSync(victim)).toEqual(['skel']);
      expect(readFileSync(path.join(victim, 'skel'), 'utf8')).toBe('precious');
    };
    return { out, victim, write, call, intact };
  };

  test('through a link where a folder should be', async () => {
    const { out, intact } = linked('M');
    await expect(writeAll(out, files)).rejects.toThrow(`${path.join(out, 'M')} is in the way: it is a link`);
    intact();
    expect(readdirSync(out)).toEqual(['M']);
  });

  test('through a link further down', async () => {
    const { out, intact } = linked('M/runtime');
    await expect(writeAll(out, [{ path: 'M/runtime/a.ts', text: '1' }])).rejects.toThrow(
      `${path.join(out, 'M/runtime')} is in the way: it is a link`,
    );
    intact();
    expect(existsSync(path.join(out, 'manifest.json'))).toBe(false);
  });

  test('by a manifest that names a file behind a link', async () => {
    const { out, write, intact } = linked('old');
    write('out/manifest.json', JSON.stringify({ files: { 'old/skel': digest('precious') } }));
    const changes = await compareFolder(out, files);
    expect(changes).toMatchObject({ remove: [], left: ['old/skel'] });
    await applyChanges(out, changes);
    intact();
    expect(existsSync(path.join(out, 'old/skel'))).toBe(true);
  });

  test('through a link that appears after the comparison', async () => {
    const { out, victim, intact } = linked('spare');
    await writeAll(out, [...files, { path: 'old/skel', text: 'precious' }]);
    const changes = await compareFolder(out, [
      { path: 'L/model.ts', text: '2' },
      { path: 'M/model.ts', text: '1' },
    ]);
    expect(changes).toMatchObject({ remove: ['old/skel'] });
    rmSync(path.join(out, 'old'), { recursive: true });
    symlinkSync(victim, path.join(out, 'old'), 'junction');
    await applyChanges(out, changes);
    intact();
    const more = await compareFolder(out, [...files, { path: 'N/model.ts', text: '1' }]);
    renameSync(path.join(out, 'spare'), path.join(out, 'N'));
    const before = readFileSync(path.join(out, 'manifest.json'), 'utf8');
    await expect(applyChanges(out, more)).rejects.toThrow('is in the way');
    intact();
    expect(readFileSync(path.join(out, 'L/model.ts'), 'utf8')).toBe('2');
    expect(readFileSync(path.join(out, 'manifest.json'), 'utf8')).toBe(before);
  });

  test.skipIf(process.platform === 'win32').each(['M/model.ts', 'manifest.json'])(
    'through a link in place of %s',
    async (name) => {
      const { out, victim, intact } = linked('spare');
      mkdirSync(path.join(out, 'M'));
      symlinkSync(path.join(victim, 'skel'), path.join(out, name));
      await expect(writeAll(out, files)).rejects.toThrow(`${path.join(out, name)} is in the way: it is a link`);
      intact();
    },
  );

  test('by the command build', async () => {
    const { out, call, write, intact } = linked('Known');
    write('known.rec', 'model Known { features { a: number } label b: binary = b deep { units: [2] } }');
    write('out/manifest.json', JSON.stringify({ files: { 'Known/skel': digest('precious') } }));
    expect(await call(['build', 'known.rec', '--out', 'out'])).toMatchObject({
      status: 1,
      error: expect.stringContaining('is in the way: it is a link, and none is followed') as unknown,
    });
    intact();
    expect(readdirSync(out).sort()).toEqual(['Known', 'manifest.json']);
  });

  test('but the folder itself may be a link', async () => {
    const { out, victim } = linked('M');
    await writeAll(path.join(out, 'M'), [{ path: 'x/model.ts', text: '1' }]);
    expect(readdirSync(victim).sort()).toEqual(['manifest.json', 'skel', 'x']);
  });
});

describe('nothing at all is written where something is in the way', () => {
  const files: readonly TargetedFile[] = [
    { path: 'M/model.ts', text: '1' },
    { path: 'N/model.ts', text: '1' },
  ];

  test('a file where a folder should be', async () => {
    const { folder, write } = workplace({ 'out/N': 'mine' });
    const out = path.join(folder, 'out');
    await expect(writeAll(out, files)).rejects.toThrow(`${path.join(out, 'N')} is in the way: it is a file, not a folder`);
    expect(readdirSync(out)).toEqual(['N']);
    write('out/manifest.json', JSON.stringify({ files: { 'N/x': 'f', '../out/N': 'f', 'a//b': 'f', '': 'f', 'a\0': 'f' } }));
    await writeAll(out, files.slice(0, 1));
    expect(readdirSync(out).sort()).toEqual(['M', 'N', 'manifest.json']);
  });

  test('a folder where a file should be', async () => {
    const { folder } = workplace({ 'out/N/model.ts/mine.txt': 'mine' });
    const out = path.join(folder, 'out');
    await expect(writeAll(out, files)).rejects.toThrow('model.ts is in the way: it is a folder');
    expect(readdirSync(out)).toEqual(['N']);
  });

  test('a file where the whole folder should be', async () => {
    const { folder } = workplace();
    writeFileSync(path.join(folder, 'out'), 'mine');
    await expect(compareFolder(path.join(folder, 'out'), files)).rejects.toThrow('out is in the way: it is not a folder');
  });
});
