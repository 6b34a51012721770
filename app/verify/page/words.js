'use strict';
/* Every sentence that this page says, in Japanese and English. {0}, {1} … stand for what goes into it. */

const WORDS = {
	/* why a bundle is bad: after the name of a file, or the number of an entry */
	missing: ['ありません', 'is missing'],
	long: ['ありえない長さです', 'is longer than it can be'],
	genesisForm: ['起点の書（genesis）ではありません', 'is not a genesis note, or its signatures do not fit'],
	genesisForeign: ['指定された起点とは別の記録簿のものです', 'is of another log than the genesis given'],
	checkpointForm: ['この記録簿のチェックポイントではありません', 'is not a checkpoint of this log'],
	checkpointWitnessed: ['checkpoint.logから始まり署名の行だけが続く、という形になっていません',
		'does not begin with checkpoint.log and go on with signature lines only'],
	rangeForm: ['範囲が形式どおりに書かれていません', 'is not a range of this log'],
	tileEntries: ['記録の途中で終わっているか、長さが変えられています', 'ends in the middle of an entry, or a length was changed'],
	tileHashes: ['記録から求めた値と違います', 'is not what the entries give'],
	certificate: ['前のエポックと本体の鍵による、次の鍵の証明書ではありません',
		'is not the certificate of this epoch, signed by the epoch before and the identity'],
	closingForm: ['このエポックを閉じるチェックポイントではありません',
		'is not a closing checkpoint signed by its epoch and the identity'],
	closingRoot: ['記録番号{0}より前の記録と合いません', 'does not fit the entries before entry {0}'],
	closingOrder: ['前のエポックより後、記録簿の終わりより前になっていません', 'does not lie after the epoch before and within the log'],
	headSigners: ['最後の記録のエポック{0}の鍵と本体の鍵で署名されていません',
		'is not signed by epoch {0}, which the last entry names, and the identity'],
	headRoot: ['記録から求めた値と違います', 'is not what the entries give'],
	lineMissing: ['記録番号{1}の「{0}」の行が足りません', 'the line for “{0}” of entry {1} is missing'],
	lineForm: ['記録番号{1}の「{0}」の行がないか、変えられています', 'the line for “{0}” of entry {1} is missing or was changed'],
	lineTooMany: ['余分な行があります', 'has a line too many'],
	policyFile: ['この記録簿の検証方針ではありません', 'is not the policy of this log'],
	proofForm: ['包含証明の形になっていません', 'is not a proof of this entry with this checkpoint'],
	proofRoot: ['証明が成り立ちません', 'does not prove the entry'],
	witnessedForm: ['その件数のチェックポイントに立会人の署名が続く、という形になっていません',
		'is not the checkpoint of this size with lines of witnesses'],
	cosignature: ['立会人{0}の署名が合いません', 'the signature of the witness {0} does not fit'],
	blob: ['名前どおりのファイルではありません。変えられています', 'is not the file of this name: it was changed'],
	stray: ['この記録簿のどの記録にもどの期にも属さないファイルです', 'belongs to no entry and no epoch of this log'],
	entryForm: ['{0}行目が記録の形になっていません', 'line {0} is not as an entry has it'],
	entryNumber: ['数が大きすぎます', 'a number is too large'],
	entrySeq: ['番号が{0}と書かれています', 'it says that its number is {0}'],
	entryPrev: ['前の記録とつながっていません。この記録か前の記録が、変えられたか抜かれています',
		'it does not follow the entry before: one of the two was changed or removed'],
	entryChanged: ['変えられています。記録簿にあるハッシュと違います', 'it was changed: its hash is another than the log says of it'],
	entryFirst: ['最初の記録は、エポック1と起動回数1で始まらなければなりません', 'the first entry must begin epoch 1 with boot 1'],
	entryEpoch: ['エポックが前の記録から続いていません', 'its epoch does not follow from the entry before'],
	entryBoot: ['起動回数が前の記録から続いていません', 'its boot does not follow from the entry before'],
	entryLeaf: ['ハッシュのタイルにある値と違います', 'it is not the one that the hash tiles name'],
	epochBody: ['エポックの始まりの内容が、証明書と合いません', 'what it says of the beginning epoch does not fit the certificate'],
	continues: ['前の記録簿についての内容が形式どおりではありません', 'what it says of the logs before is not as the format wants'],
	bodyForm: ['本体（body）が形式どおりではありません', 'its body is not as the format wants'],
	bodyRedacted: ['本体（body）が消去されたことになっています。ありえません', 'its body is said to be erased, which cannot be'],
	disclosureHash: ['「{0}」の内容が、記録されたものと違います', '“{0}” is not what was recorded'],
	disclosureForm: ['「{0}」の内容が形式どおりではありません', '“{0}” is not as the format wants'],
	redactedByNobody: ['消去されたことになっていますが、消去の記録がありません', 'a text is said to be erased, and no entry erased it'],
	zipBroken: ['ファイルが壊れているか、この形式のものではありません', 'the file is broken or not as the format wants'],
	zipMember: ['ZIPファイルの中の2か所で、大きさや位置などが食い違っています', 'is described in two ways in the ZIP file'],
	zipGap: ['ファイルが重なっているか、間に何か入っています', 'its files overlap, or something lies between them'],
	zipSum: ['ZIPファイルの中の検査値と合いません', 'does not fit its checksum in the ZIP file'],
	zipName: ['ファイル名が許されない形です', 'has a name that may not be'],
	zipTwice: ['同じ名前のファイルが2つあります', 'is there twice'],
	sinceSize: ['記録簿が、保管していたチェックポイント（{0}件）より短くなっています。終わりが切り取られています',
		'the log is shorter than the older checkpoint ({0} entries): its end was cut off'],
	sinceRoot: ['最初の{0}件が、保管していたチェックポイントのときと違うか、別の記録簿のチェックポイントです', 'the first {0} entries are not those of the older checkpoint, or it is of another log'],
	paperSize: ['記録簿が、紙の符号のとき（{0}件）より短くなっています。終わりが切り取られています', 'the log is shorter than the code on paper says ({0} entries): its end was cut off'],
	paperRoot: ['最初の{0}件が紙の符号と合いません。変えられたか、別の記録簿の符号か、打ち間違いです', 'the first {0} entries do not fit the code on paper: they were changed, or it is of another log or mistyped'],
	policyLog: ['検証方針に、この記録簿の鍵がありません', 'the policy does not name the key of this log'],
	policyQuorum: ['検証方針が求める立会人の署名がそろっていません', 'the witnesses that the policy asks for have not all signed'],

	/* why nothing can be told */
	noGenesis: ['中身に誤りはありませんが、どこの記録簿か判断できません。紙に控えた起点の符号を入れてください',
		'nothing is wrong inside, but whose log it is cannot be told: give the genesis code on paper'],
	zipPacked: ['ZIPファイルが、ほかのソフトで作り直されています。展開してできたフォルダーを選んでください',
		'the ZIP file was packed again by another program: unpack it and choose the folder'],
	deeper: ['束は、この中のフォルダーに入っています。そのフォルダーを選んでください（ZIPファイルは展開してから）',
		'the bundle lies in a folder in there: choose that folder, of a ZIP file after unpacking it'],
	noZip: ['書き出した束（ZIPファイル）ではありません', 'this file is not a bundle (a ZIP file)'],
	unreadable: ['読めませんでした（{0}）', 'it cannot be read ({0})'],
	pinGenesisNote: ['起点のファイルが、起点の書（genesis）ではありません', 'the genesis file is not a genesis note'],
	pinGenesisCode: ['起点の符号は、英字A～Zと数字2～7で20字以上です', 'a genesis code has 20 or more letters A-Z and digits 2-7'],
	pinOlder: ['以前のチェックポイントのファイルが、チェックポイントではありません', 'the file of the older checkpoint is not a checkpoint'],
	pinPaper: ['紙の符号は「1234-ABCDE-FGHIJ-KLMNO-PQRST」のような形です', 'a paper code looks like 1234-ABCDE-FGHIJ-KLMNO-PQRST'],
	pinPolicy: ['検証方針のファイルが、形式どおりではありません', 'the policy file is not as the format wants'],

	/* the verdict */
	good: ['正常', 'Good'],
	bad: ['異常', 'Bad'],
	unknown: ['判断できません', 'Cannot tell'],
	goodHeadline: ['この記録簿は完全で、変えられていません。', 'This log is complete and unchanged.'],
	badHeadline: ['この記録簿は変えられたか、別の記録簿です。', 'This log was changed, or is not the one you mean.'],
	unknownHeadline: ['良いとも悪いとも言えません。', 'Neither good nor bad can be said.'],
	adviceFolder: ['束のフォルダーそのもの（genesis.noteが入っているもの）を選んだか、確かめてください。',
		'Make sure that you chose the folder of the bundle itself, the one that holds genesis.note.'],
	adviceGenesis: ['起点の符号の写し間違いでないか、この束が目的の装置のものかを確かめてください。',
		'Make sure that the code is copied rightly, and that the bundle is of the box you mean.'],
	factBundle: ['束', 'Bundle'],
	factLog: ['記録簿', 'Log'],
	factEntries: ['検査した記録', 'Entries checked'],
	factCount: ['{1}件中{0}件', '{0} of {1}'],
	factPart: ['{2}件のうち、記録番号{0}～{1}の一部', 'a part, entries {0} to {1} of {2}'],
	factEpochs: ['エポック', 'Epochs'],
	factGenesis: ['起点の符号（全部）', 'Genesis code (all of it)'],
	factRoot: ['根のハッシュ', 'Root hash'],
	factSince: ['以前のチェックポイント', 'Older checkpoint'],
	factPaper: ['紙の符号', 'Code on paper'],
	factWitnessed: ['立会人の署名', 'Witnesses'],
	factWitness: ['立会人 {0}', 'Witness {0}'],
	factUnsigned: ['署名なし', 'has not signed'],
	factHolds: ['{0}件までのところで合っています', 'fits the first {0} entries'],
	factContinues: ['前の記録簿', 'Log before'],
	factContinued: ['{0}（{1}件）。別に検証してください', '{0} ({1} entries); check it by itself'],
	factWhen: ['検証した日時（このパソコンの時計）', 'Checked at (clock of this computer)'],
	own: ['選ばれた{0}のファイルは、束の中にあるものと同じです。別の経路で受け取ったものでなければ、何も証明しません。',
		'The file given as {0} is the same as the one in the bundle. It proves something only if it came to you by another way.'],
	ownnote: ['起点の書', 'the genesis note'],
	ownolder: ['以前のチェックポイント', 'the older checkpoint'],
	ownpolicy: ['検証方針', 'the policy'],
	withheld: ['本文{0}件は書き出した人が伏せています。存在することは証明されています。',
		'{0} texts were withheld by the exporter; that they exist is proven.'],
	redacted: ['本文{0}件は消去されています。消去はそれぞれ記録簿に残っています。',
		'{0} texts were erased; each erasure is recorded in the log.'],
	redactedElsewhere: ['本文{0}件は消去されたとされています。消去の記録はこの束の範囲の外です。',
		'{0} texts are said to be erased; their erasures lie outside this part.'],
	blobsChecked: ['保存ファイル{0}件が束の中にあり、変わっていません。', '{0} stored files are in the bundle and are unchanged.'],
	blobsAbsent: ['記録簿にある保存ファイルのうち{0}件は束の中にありません。',
		'{0} stored files that the log names are not in the bundle.'],
	blobsEncrypted: ['保存ファイル{0}件は暗号化されており、確かめていません。', '{0} stored files are encrypted and were not checked.'],
	stamps: ['時刻印{0}件は確かめていません。opensslで確かめられます。', '{0} time stamps were not checked; openssl can.'],
	proofs: ['包含証明{0}件は正しいものです。', '{0} inclusion proofs are right.'],
	witnessLines: ['立会人の署名{0}行は、鍵が分からないため確かめていません。',
		'{0} signature lines of witnesses were not checked: their keys are not known here.'],
	unsigned: ['README.txtなどのファイル{0}件は読む人のためのもので、署名はありません。証拠にはしないでください。',
		'{0} files (such as README.txt) are for people and not signed; do not rely on them.'],
	foreign: ['束に属さないファイルが{0}件あります（{1}など）。意味を持ちません。',
		'{0} files do not belong to the bundle and mean nothing (such as {1}).'],

	/* the page */
	title: ['閂 記録簿の検証', 'Kannuki: check a log'],
	chosenFile: ['選択中: {0}（{2}）', 'Chosen: {0} ({2})'],
	chosenFolder: ['選択中: フォルダー {0}（{1}ファイル、{2}）', 'Chosen: folder {0} ({1} files, {2})'],
	chooseFirst: ['先に、ZIPファイルかフォルダーを選んでください。', 'First choose a ZIP file or a folder.'],
	dropFailed: ['このフォルダーは、ドラッグでは開けませんでした。「フォルダーを選ぶ」から選んでください。',
		'The folder cannot be opened in this way. Choose it with the button.'],
	opening: ['束を開いています…', 'Opening the bundle…'],
	working: ['{1}件中{0}件まで確かめました', '{0} of {1} entries checked'],
	shown: ['記録番号{0}～{1}（全{2}件）', 'Entries {0} to {1} of {2}'],
	clockUnset: ['{0}（時計未設定）', '{0} (clock not set)'],
	withheldHere: ['（伏せられています）', '(withheld)'],
	redactedHere: ['（消去されています）', '(erased)'],
	'name-person': ['関係者', 'People'],
	'name-files': ['ファイル', 'Files'],
	'name-body': ['項目', 'Facts'],

	/* where */
	atEntry: ['記録番号{0}: {1}', 'entry {0}: {1}'],
	atFile: ['{0}: {1}', '{0}: {1}'],
};

function sentence(language, name, ...values) {
	const text = (WORDS[name] ?? [name, name])[language === 'en' ? 1 : 0];

	return text.replace(/\{([0-9])\}/g, (_, i) => values[i] ?? '');
}

/* Why the verdict is what it is, or '' when it is good. */
function reasonOf(report, language) {
	if (report.words === undefined)
		return '';
	const why = sentence(language, ...report.words);
	if (report.entry !== undefined)
		return sentence(language, 'atEntry', report.entry, why);
	return report.file === undefined ? why : sentence(language, 'atFile', report.file, why);
}

/* The object that kannuki-verify --json prints. */
function jsonOf(report, language) {
	const some = (value) => value || undefined;

	return {
		verdict: report.verdict, reason: some(reasonOf(report, language)), entry: report.entry, file: report.file,
		origin: some(report.origin), genesis: some(report.genesis), size: report.size, root: encodeBase64(report.root),
		from: report.range?.from, to: report.range?.to, entries_checked: report.entriesChecked, epochs: report.epochs,
		disclosed: report.disclosed, withheld: report.withheld, redacted: report.redacted,
		redacted_elsewhere: report.redactedElsewhere, blobs_checked: report.blobsChecked,
		blobs_encrypted: report.blobsEncrypted, blobs_absent: report.blobsAbsent, proofs: report.proofs,
		time_stamps: report.stamps, unchecked_witness_lines: report.witnessLines, unsigned_files: report.unsigned,
		foreign_files: report.foreign, since: report.since, paper: report.paper, witnessed: report.witnessed,
		witnesses: report.witnesses?.map(({ name, size }) => ({ name, size })),
		continues: report.continues.length > 0 ? report.continues : undefined,
	};
}
